import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import type { ChildMessage } from './develop-child.js';
import type { Developed, DevelopRequest } from './developed.js';
import { DevelopCrash, DevelopFailed, PhotoRejected } from './faults.js';
import { ChildWatch, processorSeconds, residentMemory, type Limit } from './child-watch.js';
import { killGroup } from './process-group.js';
import { HeavyPhoto, LIGHT } from './weight.js';

/** Found beside this file as built; specs, which run from source, name the built one. */
const CHILD_FILE = fileURLToPath(new URL('./develop-child.js', import.meta.url));

/** Loading the image library takes 0.15 s; a child that takes this long will never start. */
const START_MILLISECONDS = 20_000;

/** The default, in seconds of wall-clock time. */
const LONGEST_ATTEMPT = 600;

/** The heap holds almost nothing: pixels live outside it. */
const HEAP_MEBIBYTES = 96;

const LAST_WORDS = 2_000;

/** Allowance beyond `mayHold`: an empty child, what a header does not show, and as much again for errors. */
const SLACK = 500_000_000;

/**
 * A child's whole environment: nothing of the parent's, so no secret that a broken photo could steal. Two arenas keep glibc's
 * malloc from retaining every thread's high-water mark.
 */
const ENVIRONMENT = { MALLOC_ARENA_MAX: '2' };

/** One child process, as its parent sees it: takes one photo at a time, and is killed when it exceeds a limit. */
export class DevelopProcess {
  readonly exited: Promise<void>;
  photos = 0;
  readonly #process: ChildProcess;
  #killedFor: Error | null = null;
  #lastWords = '';

  constructor(childFile = CHILD_FILE) {
    this.#process = fork(childFile, [], {
      env: ENVIRONMENT,
      // It leads its own process group, so that its children end with it.
      detached: true,
      execArgv: [`--max-old-space-size=${HEAP_MEBIBYTES}`],
      stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    });
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
    });
    // Without a listener a failed send or spawn would end the worker; the exit event reports everything needed.
    this.#process.on('error', () => this.kill());
    const { pid } = this.#process;
    // A child that could not be started ends by `error`, above.
    this.exited = once(this.#process, 'exit').then(
      () => killGroup(pid),
      () => undefined,
    );
  }

  get pid(): number | undefined {
    return this.#process.pid;
  }

  get isAlive(): boolean {
    return this.#process.connected && this.#process.exitCode === null && this.#process.signalCode === null;
  }

  /** Resolves when the child can take photos. */
  async started(): Promise<void> {
    const timer = setTimeout(() => this.kill(), START_MILLISECONDS);
    try {
      await this.#message();
    } finally {
      clearTimeout(timer);
    }
  }

  /**
   * `isAlone` is called when the child dies: whether no other photo was open then.
   *
   * @throws PhotoRejected, HeavyPhoto, DevelopCrash or DevelopFailed
   */
  async develop(request: DevelopRequest, isAlone: () => boolean): Promise<Developed> {
    const { developSeconds, attemptSeconds = LONGEST_ATTEMPT } = request.limits;
    const timer = setTimeout(
      () => this.#killFor(new DevelopFailed(`it was not done after ${attemptSeconds} s by the clock`)),
      attemptSeconds * 1_000,
    );
    const watch = new ChildWatch(this.pid, [
      { what: residentMemory, ...this.#memoryLimit(request) },
      {
        what: processorSeconds,
        most: developSeconds,
        exceeded: () => this.#killFor(tooMuch('time', developSeconds)),
      },
    ]);
    this.photos += 1;
    try {
      const answer = this.#message(isAlone);
      this.#process.send(request);
      return resultOf(await answer);
    } finally {
      clearTimeout(timer);
      watch.stop();
    }
  }

  /** A photo that exceeds its own estimate gets a second try, alone; one that exceeds the limit for any photo is at fault. */
  #memoryLimit({
    mayHold = LIGHT,
    limits: { childMemory },
  }: DevelopRequest): Pick<Limit, 'most' | 'exceeded'> {
    const most = Math.min(childMemory, SLACK + 2 * mayHold);
    const reason = most === childMemory ? tooMuch('memory', most) : new HeavyPhoto(childMemory);
    return { most, exceeded: () => this.#killFor(reason) };
  }

  kill(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) killGroup(this.pid);
  }

  #killFor(reason: Error): void {
    this.#killedFor ??= reason;
    this.kill();
  }

  /** The next message; @throws the reason why there will be none */
  async #message(isAlone = () => false): Promise<ChildMessage> {
    const stop = new AbortController();
    const next = once(this.#process, 'message', stop) as Promise<[ChildMessage]>;
    try {
      const received = await Promise.race([next, this.exited]);
      if (received) return received[0];
    } finally {
      stop.abort();
      // The wait is aborted, so its rejection does not matter.
      next.catch(() => undefined);
    }
    const { exitCode, signalCode } = this.#process;
    throw this.#killedFor ?? new DevelopCrash(exitCode, signalCode, this.#lastWords, isAlone());
  }
}

function tooMuch(what: string, limit: number): PhotoRejected {
  return new PhotoRejected('too_complex', { cause: new Error(`more ${what} than ${limit}`) });
}

function resultOf(message: ChildMessage): Developed {
  if (message.kind === 'developed') return message.developed;
  if (message.kind === 'heavy') throw new HeavyPhoto(message.bytes);
  if (message.kind === 'rejected')
    throw new PhotoRejected(message.code, { cause: new Error(message.reason) });
  throw new DevelopFailed(message.kind === 'failed' ? message.reason : `unexpected message ${message.kind}`);
}
