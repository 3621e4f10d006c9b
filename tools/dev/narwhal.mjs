// The entry point of every command of package.json. Plain JavaScript without dependencies, because on a fresh clone nothing
// is installed yet and the machine's own Node (20 or newer) cannot run the TypeScript of this folder.
import { spawn } from 'node:child_process';
import { realpathSync } from 'node:fs';
import { constants } from 'node:os';
import { fileURLToPath } from 'node:url';
import { installDependencies, projectNode } from './install.mjs';
import './orphan.mjs';

const main = fileURLToPath(new URL('main.ts', import.meta.url));

/**
 * Passes signals on rather than leaving it to the terminal: `kill` and npm reach only this process. The launcher counts two
 * identical signals within a second as one, since the terminal sends Ctrl-C to both.
 *
 * @param {string} node the Node to continue on
 */
function continueOn(node) {
  const child = spawn(node, [main, ...process.argv.slice(2)], { stdio: 'inherit' });
  for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM', 'SIGHUP'])) {
    process.on(signal, () => child.kill(signal));
  }
  child.on('error', (error) => {
    console.error(`Cannot start ${node}: ${error.message}`);
    process.exit(1);
  });
  child.on('exit', (code, signal) => process.exit(code ?? 128 + (signal ? constants.signals[signal] : 0)));
}

try {
  await installDependencies();
  const node = projectNode();
  if (node === realpathSync(process.execPath)) await import('./main.ts');
  else continueOn(node);
} catch (error) {
  console.error(error instanceof Error ? error.message : error);
  process.exit(1);
}
