import { createHash, randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Id } from '@app/platform';

/** Every Lua command; each is a file of that name in `lua/`, whose header lists its arguments and its answer. */
export const scriptNames = [
  'author-heads',
  'authors-above',
  'authors-page',
  'beat',
  'counts-begin',
  'counts-changed',
  'counts-install',
  'feed-begin',
  'feed-insert',
  'feed-install',
  'feed-page',
  'feeds-bump',
  'forget',
  'marks-begin',
  'marks-changed',
  'marks-changing',
  'marks-install',
  'marks-of',
  'post-counts',
  'relations-fill',
  'streams-close',
  'streams-open',
  'tombstone',
  'user-counts',
] as const;

export type ScriptName = (typeof scriptNames)[number];

export interface Script {
  source: string;
  /** Redis's name for it: the SHA-1 of its source. */
  digest: string;
}

/** Reads the Lua commands, which are beside this file in the built output, too. */
export function loadScripts(): Record<ScriptName, Script> {
  const entries = scriptNames.map((name): [ScriptName, Script] => {
    const source = readFileSync(join(import.meta.dirname, 'lua', `${name}.lua`), 'utf8');
    return [name, { source, digest: createHash('sha1').update(source).digest('hex') }];
  });
  return Object.fromEntries(entries) as Record<ScriptName, Script>;
}

/** Text of a script's answer, whose strings are Buffers. */
export const textOf = (part: unknown): string =>
  Buffer.isBuffer(part) ? part.toString('latin1') : String(part);

/** The parts of a script's answer. */
export const partsOf = (answer: unknown): unknown[] => (Array.isArray(answer) ? answer : []);

/** Ids that a script joined. */
export function idsOf(part: unknown): Id[] {
  const text = textOf(part);
  return text === '' ? [] : text.split(',');
}

const thisProcess = randomBytes(6).toString('base64url');
let tokens = 0;

/** A string that no process has used before or will use again: cheap, because every read of a feed sends one. */
export function freshToken(): string {
  tokens += 1;
  return thisProcess + tokens.toString(36);
}
