import { setTimeout as sleep } from 'node:timers/promises';
import type { ProblemBody } from './contract.js';
import type { Journal } from './journal.js';
import { patient } from './pace.js';

export interface Sent {
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE';
  path: string;
  body?: object;
  /** A file to be sent as `file`, instead of a body. */
  file?: Buffer;
  key?: string;
  token?: string;
}

export interface Answer<Body = unknown> {
  status: number;
  /** The code of an error. */
  code: string | null;
  body: Body;
  /** An earlier try had no response, so it may have been carried out. */
  repeated: boolean;
  /** A replica answered. */
  isStale: boolean;
}

/** Longer than any fault: a request whose client gave up may still be carried out, after the client's next act. */
const PATIENCE = patient(60_000);
/** A request without a response for this long is a fault of its own. */
const UNTIL_ACKNOWLEDGED = patient(120_000);

const unavailable = new Set([429, 502, 503, 504]);
/** Only photos get this status, and it is not retried at once: there will be no room for a while. */
const NO_ROOM = 507;
const underway = new Set(['idempotency_in_progress', 'photo_not_ready']);

function toRequest({ method, body, file, key, token }: Sent): RequestInit {
  const headers: Record<string, string> = {};
  if (token !== undefined) headers['authorization'] = `Bearer ${token}`;
  if (key !== undefined) headers['idempotency-key'] = key;
  if (body) headers['content-type'] = 'application/json';
  const init: RequestInit = { method, headers, signal: AbortSignal.timeout(PATIENCE) };
  if (body) init.body = JSON.stringify(body);
  if (file) {
    init.body = new FormData();
    init.body.append('file', new Blob([new Uint8Array(file)], { type: 'image/jpeg' }), 'photo.jpg');
  }
  return init;
}

const isForGood = ({ status, code }: { status: number; code: string | null }): boolean =>
  status === NO_ROOM || (status < 500 && status !== 429 && !underway.has(code ?? ''));

/** Behaves as docs/clients.md requires: retries an unanswered request, under the same key, until there is a response. */
export class JournalClient {
  private turn = Math.floor(Math.random() * 100);

  constructor(
    private readonly urls: readonly string[],
    private readonly journal: Journal,
  ) {}

  /** One try, at the next address; null without a response. */
  async once<Body>(sent: Sent): Promise<(Answer<Body> & { wait: number }) | null> {
    const url = this.urls[this.turn++ % this.urls.length] ?? '';
    try {
      const response = await fetch(url + sent.path, toRequest(sent));
      const text = await response.text();
      const body = (text === '' ? null : JSON.parse(text)) as Body;
      const { status } = response;
      const code = status >= 400 ? ((body as ProblemBody | null)?.code ?? null) : null;
      const isRoomless = status === NO_ROOM && code === 'disk_full' && sent.file !== undefined;
      if (status >= 500 && !unavailable.has(status) && !isRoomless)
        this.journal.find('error', sent.path, `${sent.method} ${sent.path} was answered ${status} ${text}`);
      const wait = Number(response.headers.get('retry-after') ?? 0) * 1_000;
      return { status, code, body, repeated: false, isStale: response.headers.has('narwhal-stale'), wait };
    } catch {
      return null;
    }
  }

  /**
   * Retries until there is a final response, which a full disk is, too. Retries a 500 as well, since its outcome must be
   * known in the end.
   */
  async settled<Body>(sent: Sent): Promise<Answer<Body>> {
    const deadline = Date.now() + UNTIL_ACKNOWLEDGED;
    let repeated = false;
    for (;;) {
      const answer = await this.once<Body>(sent);
      if (answer && isForGood(answer)) return { ...answer, repeated };
      this.journal.repeats(answer?.status ?? 0);
      repeated ||= !answer || answer.status >= 500;
      if (Date.now() > deadline)
        throw new Error(`expected ${sent.method} ${sent.path} to be answered but received ${answer?.status}`);
      await sleep(Math.min(1_000, Math.max(answer?.wait ?? 0, 100 + Math.random() * 300)));
    }
  }

  /** A read that is not retried: counts its result, as people see it meanwhile. */
  async look(path: string, token: string): Promise<void> {
    const answer = await this.once({ method: 'GET', path, token });
    this.journal.looked(answer?.status ?? 0, answer?.isStale ?? false);
  }
}
