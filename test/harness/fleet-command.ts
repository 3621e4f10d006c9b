import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { root } from '../../tools/dev/install.mjs';
import { bareEnvironment } from './env.js';

export interface Said {
  code: number | null;
  text: string;
}

/** Runs `npm run fleet -- …` and returns its output and exit code; `around` is put before the command. */
export function fleetCommand(
  folder: string,
  args: readonly string[],
  around: readonly string[] = [],
): Promise<Said> {
  const [command = process.execPath, ...rest] = [
    ...around,
    process.execPath,
    join(root, 'tools/dev/narwhal.mjs'),
    'fleet',
    ...args,
  ];
  const env = { ...bareEnvironment(), NARWHAL_DATA: folder };
  return new Promise((resolve, reject) => {
    let text = '';
    const child = spawn(command, rest, { env, cwd: root, stdio: ['ignore', 'pipe', 'pipe'] });
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding('utf8').on('data', (chunk: string) => (text += chunk));
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, text }));
  });
}
