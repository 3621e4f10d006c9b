import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../tools/dev/install.mjs';
import { bareEnvironment } from './env.js';
import type { Stack } from './stack.js';

export interface Ended {
  /** Null when it was killed. */
  code: number | null;
  output: string;
}

/** A running `npm run storage`. */
export interface Running {
  /** kill -9, this many milliseconds after its output contains these words; does nothing when it ends before. */
  killAfter(words: string, milliseconds: number): Promise<Ended>;
  /** Waits for these words in its output. */
  saying(words: string): Promise<void>;
  ended: Promise<Ended>;
}

/** Runs `npm run storage -- …` on a stack's database and stores. */
export function startStorage(stack: Stack, env: Record<string, string>, ...args: string[]): Running {
  const program = join(root, 'dist', 'apps', 'cli', 'src', 'main.js');
  const child = spawn(process.execPath, ['--enable-source-maps', program, 'storage', ...args], {
    env: {
      ...bareEnvironment(),
      DATABASE_URL: stack.database.operatorUrl,
      STORAGE_DIR: stack.objects,
      ...env,
    },
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (text: Buffer) => (output += text.toString()));
  const ended = new Promise<Ended>((resolve) => child.on('close', (code) => resolve({ code, output })));
  const saying = async (words: string): Promise<void> => {
    while (!output.includes(words) && child.exitCode === null) await sleep(10);
  };
  const killAfter = async (words: string, milliseconds: number): Promise<Ended> => {
    await saying(words);
    await Promise.race([sleep(milliseconds), ended]);
    child.kill('SIGKILL');
    return ended;
  };
  return { killAfter, saying, ended };
}

export const storage = (stack: Stack, env: Record<string, string>, ...args: string[]): Promise<Ended> =>
  startStorage(stack, env, ...args).ended;
