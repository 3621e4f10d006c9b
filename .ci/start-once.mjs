// Starts the build as an operator does, waits until it is ready, has it develop a photo of every format, and stops it. Two
// modules that import each other can pass every test under Vitest and still not load in plain Node: this finds that. Optional
// programs (a decoder of HEIC) are not used, so that it works where only Narwhal is installed.
import { spawn } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { developEveryFormat } from '../test/fixtures/develop-every-format.mjs';

/** @returns {Promise<number>} */
function freePort() {
  return new Promise((settle) => {
    const server = createServer();
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      server.close(() => settle(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** @param {string} url */
async function statusOf(url) {
  try {
    return (await fetch(url, { signal: AbortSignal.timeout(2_000) })).status;
  } catch {
    return 0;
  }
}

const [folder = ''] = process.argv.slice(2);
const port = String(await freePort());
const env = { ...process.env, PORT: port, NARWHAL_DATA: folder, SYSTEM_HEIF: 'off' };
for (const name of ['DATABASE_URL', 'REDIS_URL', 'S3_BUCKET']) delete env[name];
const up = spawn('npm', ['run', 'up'], { env, stdio: 'inherit' });
/** @type {Promise<number | string>} */
const ended = new Promise((settle) => up.on('exit', (code, signal) => settle(code ?? signal ?? 1)));
for (const signal of /** @type {const} */ (['SIGINT', 'SIGTERM'])) process.on(signal, () => up.kill(signal));

let over = false;
void ended.then(() => (over = true));
const deadline = Date.now() + 90_000;
let status = 0;
while (status !== 200 && !over && Date.now() < deadline) {
  status = await statusOf(`http://127.0.0.1:${port}/health/ready`);
  await sleep(200);
}
console.log(`GET /health/ready: ${status}`);
/** @type {string[]} */
let failures = ['nothing was developed'];
if (status === 200) {
  const outcome = await developEveryFormat(`http://127.0.0.1:${port}`).catch((error) => ({
    developed: [],
    failures: [String(error)],
  }));
  failures = outcome.failures;
  console.log(`developed: ${outcome.developed.join(', ')}`);
  for (const failure of failures) console.log(`not developed: ${failure}`);
}
up.kill('SIGTERM');
console.log(`npm run up ended with ${await ended}`);
const still = await statusOf(`http://127.0.0.1:${port}/health/live`);
if (still !== 0) console.log('something still answers on its port');
process.exitCode = status === 200 && failures.length === 0 && still === 0 ? 0 : 1;
