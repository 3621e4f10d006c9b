import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { constants } from 'node:os';
import { join } from 'node:path';
import type { Duplex } from 'node:stream';
import { ANSWER, readAnswer, readDeveloped, type Answer } from './answers.js';
import type { Developed, DevelopRequest } from './developed.js';
import { DevelopCrash, DevelopFailed, PhotoRejected } from './faults.js';
import { ChildWatch, processTree, type Watched } from './child-watch.js';
import { frameStart, readFrames } from './frames.js';
import { killGroup } from './process-group.js';
import type { Started, Wall } from './wall.js';
import { HeavyPhoto, LIGHT } from './weight.js';

/** Loading the image library takes 0.15 s; a child that takes this long will never start. */
const START_MILLISECONDS = 20_000;

/** The default, in seconds of wall-clock time. */
const LONGEST_ATTEMPT = 600;

/** The heap holds almost nothing: pixels live outside it. */
const HEAP_MEBIBYTES = 96;

const LAST_WORDS = 2_000;

/** More on stderr, in characters, is an attack: ours say a line or two of a photo. */
const MOST_WORDS = 1_000_000;

/** Limits of a child without a photo. One that was taken over goes on when it has answered. */
const IDLE = { seconds: 5, memory: 300_000_000, interval: 1_000 };

/** Allowance beyond `mayHold`: an empty child, what a header does not show, and as much again for errors. */
const SLACK = 500_000_000;

interface Said {
  answer: Answer;
  body: Buffer;
}

/** One child process, as its parent sees it: takes one photo at a time, and is killed when it exceeds a limit. */
export class DevelopProcess {
  readonly exited: Promise<void>;
  photos = 0;
  readonly #process: ChildProcess;
  readonly #inbox: Started['inbox'];
  readonly #channel: Duplex;
  /** Takes the next answer; without it there is no question, and the child has nothing to say. */
  #listener: ((said: Said) => void) | null = null;
  #killedFor: Error | null = null;
  #lastWords = '';
  #words = 0;
  #idle: ChildWatch | null = null;
  #pid: number | undefined;

  constructor(wall: Wall, childFile: string, folder?: string) {
    const { process, inbox } = wall.start(childFile, [`--max-old-space-size=${HEAP_MEBIBYTES}`], folder);
    this.#process = process;
    this.#inbox = inbox;
    this.#process.stderr?.setEncoding('utf8').on('data', (text: string) => this.#hear(text));
    this.#channel = this.#process.stdio[3] as Duplex;
    this.#listen();
    // Without a listener a failed spawn would end the worker; the exit event reports everything needed.
    this.#process.on('error', () => this.kill());
    // `close`, not `exit`: then none of its processes holds the channel any more. A child that could not be started ends by `error`.
    this.exited = once(this.#process, 'close').then(
      () => this.#idle?.stop(),
      () => undefined,
    );
  }

  /** The process that opens photos; those of the wall stand before it. */
  get pid(): number | undefined {
    return this.#pid ?? this.#process.pid;
  }

  /** Its folder on this machine. */
  get folder(): string {
    return this.#inbox.folder;
  }

  /** The first of its processes, from which all others come. */
  get root(): number {
    return this.#process.pid ?? 0;
  }

  get isAlive(): boolean {
    const { exitCode, signalCode } = this.#process;
    return exitCode === null && signalCode === null && !this.#channel.destroyed;
  }

  #hear(text: string): void {
    this.#words += text.length;
    if (this.#words > MOST_WORDS) this.kill();
    this.#lastWords = (this.#lastWords + text).slice(-LAST_WORDS);
  }

  #listen(): void {
    let answer: Answer;
    let pieces: Buffer[];
    readFrames(this.#channel, ANSWER, {
      head: (head) => {
        if (!this.#listener) throw new Error('expected silence');
        answer = readAnswer(head);
        pieces = [];
      },
      piece: (bytes) => pieces.push(bytes),
      end: () => {
        this.#listener?.({ answer, body: Buffer.concat(pieces) });
        this.#listener = null;
      },
    });
    this.#channel.on('error', (error) => this.#distrust(error));
  }

  /** A child that does not speak as ours do is broken, or somebody else's by now. */
  #distrust(error: Error): void {
    this.#hear(`\n${error.message}`);
    this.kill();
  }

  /** Resolves when the child can take photos. */
  async started(): Promise<void> {
    const timer = setTimeout(() => this.kill(), START_MILLISECONDS);
    try {
      await this.#answer();
      this.#pid = processTree(this.root).at(-1);
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
    const { outputFolder } = request;
    this.#idle?.stop();
    try {
      const inputPath = await ours(this.#inbox.lay(request.inputPath));
      const { answer, body } = await this.#ask({ ...request, inputPath }, isAlone);
      // It may lack memory or room, so the next photo gets another child.
      if (answer.kind === 'failed') this.kill();
      if (answer.kind !== 'developed') throw refusalOf(answer);
      const { developed, files } = this.#believe(() => readDeveloped(answer, body), isAlone);
      await ours(
        Promise.all(
          files.map(({ file, bytes }) => writeFile(join(outputFolder, file), bytes, { mode: 0o600 })),
        ),
      );
      return developed;
    } finally {
      await this.#inbox.clear();
      if (this.isAlive) this.#watchIdle();
    }
  }

  get #watched(): Watched {
    return { root: this.root, pid: this.pid ?? 0 };
  }

  #watchIdle(): void {
    this.#idle = new ChildWatch(this.#watched, IDLE, () => this.kill(), IDLE.interval);
  }

  async #ask(request: DevelopRequest, isAlone: () => boolean): Promise<Said> {
    const { developSeconds, childMemory, attemptSeconds = LONGEST_ATTEMPT } = request.limits;
    // A photo that exceeds its own estimate gets a second try, alone; one that exceeds the limit for any photo is at fault.
    const memory = Math.min(childMemory, SLACK + 2 * (request.mayHold ?? LIGHT));
    const tooLarge = memory === childMemory ? tooMuch('memory') : new HeavyPhoto(childMemory);
    const timer = setTimeout(
      () => this.#killFor(new DevelopFailed(`it was not done after ${attemptSeconds} s by the clock`)),
      attemptSeconds * 1_000,
    );
    const watch = new ChildWatch(this.#watched, { seconds: developSeconds, memory }, (what) =>
      this.#killFor(what === 'memory' ? tooLarge : tooMuch(what)),
    );
    this.photos += 1;
    try {
      const answer = this.#answer(isAlone);
      const { inputPath, limits, mayHold, systemHeif } = request;
      this.#channel.write(frameStart({ inputPath, limits, mayHold, systemHeif }, 0));
      return await answer;
    } finally {
      clearTimeout(timer);
      watch.stop();
    }
  }

  kill(): void {
    if (this.#process.exitCode === null && this.#process.signalCode === null) killGroup(this.#process.pid);
  }

  #killFor(reason: Error): void {
    this.#killedFor ??= reason;
    this.kill();
  }

  #believe<Result>(read: () => Result, isAlone: () => boolean): Result {
    try {
      return read();
    } catch (error) {
      this.#distrust(error as Error);
      throw this.#crash(isAlone());
    }
  }

  #crash(alone: boolean): DevelopCrash {
    const { exitCode, signalCode } = this.#process;
    // As bubblewrap tells of its child's signal, like a shell.
    const signal = Object.entries(constants.signals).find(([, number]) => 128 + number === exitCode)?.[0];
    if (!signal) return new DevelopCrash(exitCode, signalCode, this.#lastWords, alone);
    return new DevelopCrash(null, signal as NodeJS.Signals, this.#lastWords, alone);
  }

  /** The next answer; @throws the reason why there will be none */
  async #answer(isAlone = () => false): Promise<Said> {
    const next = new Promise<Said>((resolve) => (this.#listener = resolve));
    const said = await Promise.race([next, this.exited]);
    if (said) return said;
    throw this.#killedFor ?? this.#crash(isAlone());
  }
}

/** A failure on our side of the wall is not the photo's fault. */
async function ours<Result>(work: Promise<Result>): Promise<Result> {
  return work.catch((error: Error) => {
    throw new DevelopFailed(error.message, { cause: error });
  });
}

function tooMuch(what: string): PhotoRejected {
  return new PhotoRejected('too_complex', { cause: new Error(`more ${what} than a photo may take`) });
}

function refusalOf(answer: Answer): Error {
  if (answer.kind === 'heavy') return new HeavyPhoto(answer.bytes);
  if (answer.kind === 'rejected') return new PhotoRejected(answer.code, { cause: new Error(answer.reason) });
  return new DevelopFailed(answer.kind === 'failed' ? answer.reason : `unexpected answer ${answer.kind}`);
}
