/**
 * The process that opens photos. It has no secrets, no connections and no configuration: it receives one photo at a time,
 * answers, and may be killed at any moment. Nothing here or below may load settings, stores or a framework.
 */
import { appendFileSync, closeSync, mkdirSync, openSync, readFileSync, rmSync } from 'node:fs';
import { Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { develop } from './develop.js';
import type { Developed, DevelopRequest } from './developed.js';
import { PhotoRejected } from './faults.js';
import { frameStart, readFrames } from './frames.js';
import { prepareLibrary } from './library.js';
import { killGroup } from './process-group.js';
import { HeavyPhoto } from './weight.js';

type Asked = Omit<DevelopRequest, 'inputPath' | 'outputFolder'>;

/** Beside the folder of the renditions, in the one folder that this process may write to. */
const inputPath = join(tmpdir(), 'original');
const outputFolder = join(tmpdir(), 'out');

/** As long as a parent reads. */
const REASON = 2_000;

const channel = new Socket({ fd: 3 });

function say(head: object, bodies: readonly Buffer[] = []): void {
  const bytes = bodies.reduce((sum, body) => sum + body.length, 0);
  channel.write(frameStart(head, bytes));
  for (const body of bodies) channel.write(body);
}

function sayDeveloped(developed: Developed): void {
  const files = Object.values(developed.renditions).map(({ file }) => readFileSync(join(outputFolder, file)));
  say({ kind: 'developed', developed }, files);
}

function sayWhy(error: unknown): void {
  if (error instanceof HeavyPhoto) return say({ kind: 'heavy', bytes: error.bytes });
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  const reason = (cause instanceof Error ? `${message} (${cause.message})` : message).slice(0, REASON);
  say(
    error instanceof PhotoRejected
      ? { kind: 'rejected', code: error.code, reason }
      : { kind: 'failed', reason },
  );
}

/** A photo as it arrives. Where there is no room for it, the rest is read all the same, and then answered. */
class Arrival {
  readonly #file = openSync(inputPath, 'w', 0o600);
  #fault: Error | null = null;

  constructor(private readonly asked: Asked) {}

  add(bytes: Buffer): void {
    try {
      if (this.#fault === null) appendFileSync(this.#file, bytes);
    } catch (error) {
      this.#fault = error as Error;
    }
  }

  async finish(): Promise<void> {
    closeSync(this.#file);
    try {
      if (this.#fault !== null) throw this.#fault;
      mkdirSync(outputFolder, { mode: 0o700 });
      sayDeveloped(await develop({ ...this.asked, inputPath, outputFolder }));
    } catch (error) {
      sayWhy(error);
    } finally {
      rmSync(outputFolder, { recursive: true, force: true });
      rmSync(inputPath, { force: true });
    }
  }
}

// The parent is gone. A plain exit would wait for the library's threads, which may be busy with a photo.
channel.on('error', () => undefined);
channel.on('close', () => {
  killGroup(process.pid);
  process.kill(process.pid, 'SIGKILL');
});
// Ctrl-C reaches the whole group: the parent decides when its children end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
prepareLibrary();

let arrival: Arrival | null = null;
readFrames(
  channel,
  { head: 64 * 1024, body: 2 ** 32 },
  {
    head: (asked) => (arrival = new Arrival(asked as Asked)),
    piece: (bytes) => arrival?.add(bytes),
    end: () => void arrival?.finish(),
  },
);
say({ kind: 'started' });
