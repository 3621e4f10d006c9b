import { createHash, type Hash } from 'node:crypto';
import { closeSync, openSync, readSync } from 'node:fs';
import { parentPort } from 'node:worker_threads';

/** This many more bytes of a file are ready to be hashed; `last` ends it, with its hash or without. */
export interface HashOrder {
  file: number;
  path: string;
  bytes: number;
  last: 'digest' | 'drop' | null;
}

/** The answer to an order whose `last` is `digest`: hex, or the error. */
export type HashAnswer = { file: number; sha256: string } | { file: number; error: Error };

interface Hashing {
  descriptor: number;
  hash: Hash;
}

const begun = new Map<number, Hashing | Error>();
const buffer = Buffer.allocUnsafe(256 * 1024);

function begin(path: string): Hashing | Error {
  try {
    return { descriptor: openSync(path, 'r'), hash: createHash('sha256') };
  } catch (error) {
    return error as Error;
  }
}

function read({ descriptor, hash }: Hashing, bytes: number): void {
  for (let left = bytes; left > 0;) {
    const length = readSync(descriptor, buffer, 0, Math.min(left, buffer.length), null);
    if (length === 0) throw new Error(`expected ${left} more bytes in a file but found its end`);
    hash.update(buffer.subarray(0, length));
    left -= length;
  }
}

function tell(answer: HashAnswer): void {
  // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
  parentPort?.postMessage(answer);
}

function take({ file, path, bytes, last }: HashOrder): void {
  let hashing = begun.get(file) ?? begin(path);
  try {
    if (!(hashing instanceof Error) && last !== 'drop') read(hashing, bytes);
  } catch (error) {
    closeSync((hashing as Hashing).descriptor);
    hashing = error as Error;
  }
  begun.set(file, hashing);
  if (last === null) return;
  begun.delete(file);
  if (!(hashing instanceof Error)) closeSync(hashing.descriptor);
  if (last === 'drop') return;
  tell(hashing instanceof Error ? { file, error: hashing } : { file, sha256: hashing.hash.digest('hex') });
}

parentPort?.on('message', take);
