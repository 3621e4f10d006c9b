import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { root } from '../../tools/dev/install.mjs';
import type { Stack } from './stack.js';

const run = promisify(execFile);

/** The output of `npm run admin -- …` on a stack. */
export async function admin(stack: Stack, ...words: string[]): Promise<string> {
  const program = join(root, 'dist/apps/cli/src/main.js');
  const { stdout } = await run(process.execPath, [program, 'admin', ...words], { env: stack.api.settings });
  return stdout.trim();
}
