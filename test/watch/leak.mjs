// Loaded by `--import` before a process of the build: at SIGUSR2 it takes more memory than any should, and at the next one releases it.
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc');
let leaked = null;
process.on('SIGUSR2', () => {
  if (leaked) {
    leaked = null;
    collect();
  } else leaked = Buffer.alloc(1_300_000_000, 1);
});
