import { parseScrape, type Scrape } from '@app/platform/metrics';
import { frame, type History, type Told } from './frame.js';

/**
 * `npm run top [-- HOST:PORT] [--once]`: a live view of the whole system, from the operators' listener of one process, which asks
 * all the others.
 */
const args = process.argv.slice(2);
const address = args.find((argument) => !argument.startsWith('--')) ?? '127.0.0.1:9464';
const once = args.includes('--once') || !process.stdout.isTTY;

const EVERY = 2_000;

async function ask(path: string): Promise<Response> {
  const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${path} answers ${response.status}`);
  return response;
}

async function look(): Promise<{ scrape: Scrape; told: Told; at: number }> {
  const [metrics, health] = await Promise.all([ask('/metrics/all'), ask('/health')]);
  return {
    scrape: parseScrape(await metrics.text()),
    told: (await health.json()) as Told,
    at: performance.now(),
  };
}

const pause = (): Promise<void> => new Promise((settle) => setTimeout(settle, EVERY));

async function run(): Promise<void> {
  const history: History = new Map();
  let last = await look();
  do {
    await pause();
    const now = await look().catch((error: unknown) => {
      process.stdout.write(`\x1b[2J\x1b[H${address} does not answer: ${String(error)}\n`);
      return null;
    });
    if (!now) continue;
    const span = { before: last.scrape, after: now.scrape, seconds: (now.at - last.at) / 1000 };
    last = now;
    const text = frame(span, now.told, history, once ? 1_000 : process.stdout.rows);
    process.stdout.write(once ? `${text}\n` : `\x1b[2J\x1b[H${text}\n`);
  } while (!once);
}

function listenForKeys(): void {
  if (!process.stdin.isTTY) return;
  process.stdin.setRawMode(true).resume();
  process.stdin.on('data', (key: Buffer) => {
    if (key.toString() === 'q' || key[0] === 3) process.exit(0);
  });
}

if (!once) listenForKeys();
await run().catch((error: unknown) => {
  process.stderr.write(
    `top: nothing to see at ${address}: ${error instanceof Error ? error.message : String(error)}\n`,
  );
  process.exitCode = 1;
});
process.exit();
