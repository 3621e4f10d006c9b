import { Worker } from 'node:worker_threads';
import type { HashAnswer, HashOrder } from './hash-thread-entry.js';

/** Beside this file in the build; specs run from source, which Node reads directly. */
const extension = import.meta.url.endsWith('.ts') ? 'ts' : 'js';
const ENTRY = new URL(`./hash-thread-entry.${extension}`, import.meta.url);

interface Waiting {
  resolve(sha256: string): void;
  reject(error: unknown): void;
}

/** The one hashing thread of a process; it keeps the process alive only while somebody waits for a hash. */
class HashThread {
  readonly #worker = new Worker(ENTRY, { name: 'hashing', resourceLimits: { maxOldGenerationSizeMb: 32 } });
  readonly #waiting = new Map<number, Waiting>();
  #ended: { error: unknown } | null = null;

  constructor() {
    this.#worker.unref();
    this.#worker.on('message', (answer: HashAnswer) => this.#settle(answer));
    this.#worker.on('error', (error) => this.#end(error));
    this.#worker.on('exit', () => this.#end(new Error('the thread that hashes has ended')));
  }

  get isAlive(): boolean {
    return this.#ended === null;
  }

  order(order: HashOrder): void {
    // oxlint-disable-next-line unicorn/require-post-message-target-origin -- a thread, not a window
    this.#worker.postMessage(order);
  }

  digest(order: HashOrder): Promise<string> {
    return new Promise((resolve, reject) => {
      if (this.#ended) throw this.#ended.error;
      if (this.#waiting.size === 0) this.#worker.ref();
      this.#waiting.set(order.file, { resolve, reject });
      this.order(order);
    });
  }

  #settle(answer: HashAnswer): void {
    const waiting = this.#waiting.get(answer.file);
    this.#waiting.delete(answer.file);
    if (this.#waiting.size === 0) this.#worker.unref();
    if ('error' in answer) waiting?.reject(answer.error);
    else waiting?.resolve(answer.sha256);
  }

  #end(error: unknown): void {
    this.#ended ??= { error };
    for (const waiting of this.#waiting.values()) waiting.reject(error);
    this.#waiting.clear();
  }
}

let current: HashThread | null = null;
let files = 0;

/**
 * The SHA-256 of a file that is being written, by a thread that reads it back: hashing is a fifth of an upload's cost on
 * the event loop. The bytes are in the page cache; chunks transferred to a thread could not be written here, too.
 */
export class GrowingHash {
  readonly #file = (files += 1);
  readonly #thread: HashThread;

  constructor(private readonly path: string) {
    if (!current?.isAlive) current = new HashThread();
    this.#thread = current;
  }

  /** Reports this many more bytes in the file. */
  written(bytes: number): void {
    this.#thread.order({ ...this.#order, bytes });
  }

  /** Hex. @throws when the thread could not read the file */
  digest(): Promise<string> {
    return this.#thread.digest({ ...this.#order, last: 'digest' });
  }

  /** Drops the file without a hash. */
  drop(): void {
    this.#thread.order({ ...this.#order, last: 'drop' });
  }

  get #order(): HashOrder {
    return { file: this.#file, path: this.path, bytes: 0, last: null };
  }
}
