/**
 * The process that opens photos. It has no secrets, no connections and no configuration: it receives one photo at a time,
 * answers, and may be killed at any moment. Nothing here or below may load settings, stores or a framework.
 */
import { mkdirSync, readFileSync, rmSync } from 'node:fs';
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

type Asked = Omit<DevelopRequest, 'outputFolder'>;

/** In the one folder that this process may write to. */
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

async function answer(asked: Asked): Promise<void> {
  try {
    mkdirSync(outputFolder, { mode: 0o700 });
    sayDeveloped(await develop({ ...asked, outputFolder }));
  } catch (error) {
    sayWhy(error);
  } finally {
    rmSync(outputFolder, { recursive: true, force: true });
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

let asked: Asked;
const receiver = { piece: () => undefined, end: () => void answer(asked) };
readFrames(channel, { head: 64 * 1024, body: 0 }, { ...receiver, head: (head) => (asked = head as Asked) });
say({ kind: 'started' });
