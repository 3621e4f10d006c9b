import { createHash } from 'node:crypto';

/** The stores that a process uses. `queue` is a separate one only if REDIS_QUEUE_URL names another server. */
export const storeNames = ['database', 'redis', 'queue', 'objects'] as const;
export type StoreName = (typeof storeNames)[number];

/** The result of a check of a store: it answers, answers late, does not answer, or answers but is unusable. */
export type StoreState = 'ok' | 'slow' | 'down' | 'wrong';

/** The steps of a synthetic check, in this order. */
export const syntheticSteps = [
  'account',
  'sign_in',
  'upload',
  'develop',
  'post',
  'feed',
  'media',
  'clean_up',
] as const;

export type SyntheticStep = (typeof syntheticSteps)[number];

/** The result of a worker's last synthetic check, as other processes receive it. */
export interface SyntheticFact {
  /** ISO 8601. */
  at: string;
  /** Since when the checks have had this result; ISO 8601. */
  since: string;
  /** The step that failed; null: none. */
  failed: SyntheticStep | null;
  /** The call and its result. */
  why: string | null;
}

/** A key as heartbeats say it: two machines may give two keys the same id, and eight digits tell nothing of a random secret. */
export const keyMark = ({ id, secret }: { id: string; secret: string }): string =>
  `${id}:${createHash('sha256').update(`mark:${secret}`).digest('hex').slice(0, 8)}`;

/** One process's report about itself, sent with each beat; no secrets: everyone who can read a store can read it. */
export interface Heartbeat {
  /** Random, for one life of one process. */
  id: string;
  kind: 'api' | 'worker';
  /** Counts up: a growing beat shows that a process lives, without comparing the clocks of machines. */
  beat: number;
  host: string;
  pid: number;
  version: string;
  /** ISO 8601. */
  startedAt: string;
  /** `host:port` of its metrics. */
  metrics: string;
  sees: Partial<Record<StoreName, StoreState>>;
  /** The stores in which its settings allow objects: objects never move to a store that a process cannot use. */
  objectStores: readonly ('disk' | 's3')[];
  /** The marks of the keys by which it verifies: a key signs only once every process has it. Releases before this field send none. */
  keys?: Readonly<Record<'TOKEN_KEYS' | 'MEDIA_KEYS', readonly string[]>>;
  /** Set by a worker that runs a synthetic check. */
  visit?: SyntheticFact;
  /** Set by a worker whose machine has no wall for the children that open photos: the end of a sentence. */
  wall?: string;
}

/** A heartbeat as another process reads it from a store; `age` in seconds, by the clock of the store. */
export interface Heard {
  heartbeat: Heartbeat;
  age: number;
}

/** Why something cannot be used, in words for people: codes of sockets, PostgreSQL and Redis. */
const reasons: readonly (readonly [RegExp, string])[] = [
  [/ECONNREFUSED/, 'nothing listens at its address'],
  [/ENOTFOUND|EAI_AGAIN/, 'its name is not known to DNS'],
  [/EHOSTUNREACH|ENETUNREACH/, 'its machine cannot be reached'],
  [/ETIMEDOUT|timeout|timed out|did not answer/i, 'it does not answer in time'],
  [/28P01|28000|WRONGPASS|NOAUTH|password/i, 'it refuses our password'],
  [/3D000/, 'it has no database of that name'],
  [/53300|too many (clients|connections)/i, 'it accepts no more connections'],
  [/57P03|LOADING/, 'it is starting up'],
  [/25006|READONLY/, 'it is a replica and takes no writes'],
  [/OOM command/, 'its memory is full and it refuses writes'],
  [/MISCONF/, 'it cannot save to its disk and refuses writes'],
  [/ENOSPC/, 'its disk is full'],
  [/EACCES|EROFS|EPERM|AccessDenied/, 'this process may not write there'],
  [/ENOENT|NoSuchBucket|NotFound/, 'the folder or bucket does not exist'],
  [/ECONNRESET|EPIPE|closed|terminated|connection/i, 'it ended the connection'],
];

/** One clause of a sentence, never the error's own text, which may quote an address or a password. */
export function reasonOf(error: unknown): string {
  const {
    code = '',
    name = '',
    message = '',
  } = (error ?? {}) as { code?: string; name?: string; message?: string };
  const text = `${code} ${name} ${message}`;
  return reasons.find(([pattern]) => pattern.test(text))?.[1] ?? `it fails (${code || name || 'unknown'})`;
}

/** Errors that mean "it answers, but is unusable", as opposed to "it does not answer". */
export function isWrong(error: unknown): boolean {
  const {
    code = '',
    name = '',
    message = '',
  } = (error ?? {}) as { code?: string; name?: string; message?: string };
  return /28P01|28000|WRONGPASS|NOAUTH|3D000|53300|25006|READONLY|OOM command|MISCONF|ENOSPC|EACCES|EROFS|EPERM|ENOENT|AccessDenied|NoSuchBucket|NotFound/.test(
    `${code} ${name} ${message}`,
  );
}
