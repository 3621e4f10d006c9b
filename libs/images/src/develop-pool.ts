import { utimes } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { DevelopProcess } from './develop-process.js';
import type { Developed, DevelopRequest } from './developed.js';
import { DevelopFailed } from './faults.js';
import { memoryOf } from './child-watch.js';
import { CHILD_FILE, findWall, type Wall, type WallKind } from './wall.js';
import { ALONE, HEAVY_TOGETHER, HeavyPhoto, LIGHT } from './weight.js';

interface Task {
  request: DevelopRequest;
  /** Bytes that it holds while it is decoded, if a child has reported it as heavy. */
  weight: number;
  resolve(developed: Developed): void;
  reject(reason: unknown): void;
}

export interface DevelopPoolOptions {
  /** Photos at once, each in its own child. */
  concurrency: number;
  /** A child is replaced after this many photos, which ends leaks and fragmentation in it. */
  photosPerChild?: number;
  /** The built develop-child.js, for specs, which run from source. */
  childFile?: string;
  /** For originals as children see them; the system's folder for such files by default. */
  folder?: string;
  /** Only this one, for specs of the weaker ones. */
  wall?: WallKind;
}

/** A child that cannot start is retried after this long, then after twice as long, up to the longest. */
const FIRST_PAUSE = 100;
const LONGEST_PAUSE = 10_000;

/** A child that holds more than this after a photo is replaced: WebAssembly's memory only ever grows. */
const MOST_KEPT = 160_000_000;

/**
 * The children that open photos: kept between photos, because starting one takes as long as a photo does. A child that dies
 * takes only its current photo with it; the next photo starts another. Children end with their parent, however it ends.
 */
export class DevelopPool {
  readonly #waiting: Task[] = [];
  readonly #children = new Set<DevelopProcess>();
  /** Heavy photos that wait until others are finished; light ones overtake them. */
  readonly #heavy: Task[] = [];
  /** Bytes held by the heavy photos that are now open. */
  #held = 0;
  #idle: DevelopProcess[] = [];
  readonly #running = new Set<Promise<void>>();
  #failedStarts = 0;
  #isClosed = false;
  #wall: Promise<Wall> | null = null;
  readonly #childFile: string;

  constructor(private readonly options: DevelopPoolOptions) {
    this.#childFile = options.childFile ?? CHILD_FILE;
  }

  /** The wall that keeps the children from everything but their photos, tried once. */
  get wall(): Promise<Wall> {
    this.#wall ??= findWall(this.#childFile, this.options.wall);
    return this.#wall;
  }

  /**
   * Develops a photo as soon as a child is free.
   *
   * @throws PhotoRejected when the photo is at fault; DevelopCrash when its child died; DevelopFailed when something of ours is
   * missing (input, room on the disk, a child that starts, time)
   */
  develop(request: DevelopRequest): Promise<Developed> {
    if (this.#isClosed) return Promise.reject(new Error('the develop pool is closed'));
    return new Promise((resolve, reject) => {
      if (request.alone) this.#heavy.push({ request, weight: ALONE, resolve, reject });
      else this.#waiting.push({ request, weight: 0, resolve, reject });
      this.#fill();
    });
  }

  /** Starts all children now, so that the first photos need not wait for them. */
  async warm(): Promise<void> {
    const missing = Math.max(0, this.options.concurrency - this.#children.size);
    const started = await Promise.all(Array.from({ length: missing }, () => this.#start()));
    this.#idle.push(...started);
  }

  /** Process ids of the living children: for metrics of memory, and for tests. */
  get pids(): number[] {
    return [...this.#children].flatMap(({ pid }) => pid ?? []);
  }

  /** Removal of old folders must not take these for old. */
  async touchFolders(): Promise<void> {
    const now = new Date();
    // One that ends meanwhile has none.
    const touched = [...this.#children].map(({ folder }) => utimes(folder, now, now).catch(() => undefined));
    await Promise.all(touched);
  }

  /** Finishes the accepted photos, then ends the children. */
  async close(): Promise<void> {
    this.#isClosed = true;
    while (this.#running.size > 0) await Promise.all(this.#running);
    const children = [...this.#children];
    for (const child of children) child.kill();
    await Promise.all(children.map((child) => child.exited));
  }

  #fill(): void {
    while (this.#running.size < this.options.concurrency) {
      const task = this.#next();
      if (!task) return;
      const run: Promise<void> = this.#run(task).finally(() => {
        this.#running.delete(run);
        this.#fill();
      });
      this.#running.add(run);
    }
  }

  /**
   * Starts a heavy photo as soon as it fits beside the other heavy ones. One that is too heavy for that waits until it is
   * alone, and no other may overtake it, or it would wait forever.
   */
  #next(): Task | undefined {
    const [heavy] = this.#heavy;
    if (this.#held > HEAVY_TOGETHER) return undefined;
    if (heavy && heavy.weight > HEAVY_TOGETHER) {
      if (this.#running.size > 0) return undefined;
      this.#endIdle();
      return this.#heavy.shift();
    }
    const fits = heavy && this.#held + heavy.weight <= HEAVY_TOGETHER;
    return fits ? this.#heavy.shift() : this.#waiting.shift();
  }

  /** Ends all but one, which takes the next photo. */
  #endIdle(): void {
    for (const child of this.#idle.splice(1)) child.kill();
  }

  async #run(task: Task): Promise<void> {
    const { request, weight, resolve, reject } = task;
    this.#held += weight;
    try {
      const child = this.#takeIdle() ?? (await this.#start());
      try {
        const isAlone = () => this.#running.size === 1;
        resolve(await child.develop({ ...request, mayHold: weight === 0 ? LIGHT : weight }, isAlone));
      } finally {
        this.#giveBack(child);
      }
    } catch (error) {
      if (error instanceof HeavyPhoto && error.bytes > weight)
        this.#heavy.push({ ...task, weight: error.bytes });
      else reject(error);
    } finally {
      this.#held -= weight;
    }
  }

  #takeIdle(): DevelopProcess | undefined {
    this.#idle = this.#idle.filter((child) => child.isAlive);
    return this.#idle.pop();
  }

  #giveBack(child: DevelopProcess): void {
    const isSpent = child.photos >= (this.options.photosPerChild ?? 200);
    const isSwollen = memoryOf([child.pid ?? 0]) > MOST_KEPT;
    if (child.isAlive && !isSpent && !isSwollen) this.#idle.push(child);
    else child.kill();
  }

  /** Waits after a failure: one child that cannot start must not become a thousand. */
  async #start(): Promise<DevelopProcess> {
    if (this.#failedStarts > 0)
      await sleep(Math.min(LONGEST_PAUSE, FIRST_PAUSE * 2 ** (this.#failedStarts - 1)));
    const wall = await this.wall;
    // Closed meanwhile, with no photo that has to be finished.
    if (this.#isClosed && this.#running.size === 0) throw new Error('the develop pool is closed');
    const child = new DevelopProcess(wall, this.#childFile, this.options.folder);
    this.#children.add(child);
    void child.exited.then(() => this.#children.delete(child));
    try {
      await child.started();
      this.#failedStarts = 0;
      return child;
    } catch (error) {
      this.#failedStarts += 1;
      throw new DevelopFailed('a child did not start', { cause: error });
    }
  }
}
