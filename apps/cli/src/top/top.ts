import { readArgumentsOrExit } from '@app/platform';
import { parseScrape, type Scrape } from '@app/platform/metrics';
import { topLine } from '../command-lines.js';
import { frame, type History, type Told } from './frame.js';

const EVERY = 2_000;

/** The cause of a failed request; fetch itself only says that it failed. */
function reasonOf(error: unknown): string {
  const cause: unknown = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  if (!(cause instanceof Error)) return String(cause);
  if ('code' in cause && cause.code === 'ECONNREFUSED')
    return 'nothing listens there; `npm run up` starts Narwhal';
  return cause.message;
}

async function ask(address: string, path: string): Promise<Response> {
  const response = await fetch(`http://${address}${path}`, { signal: AbortSignal.timeout(5_000) });
  if (!response.ok) throw new Error(`${path} answers ${response.status}`);
  return response;
}

async function look(address: string): Promise<{ scrape: Scrape; told: Told; at: number }> {
  const [metrics, health] = await Promise.all([ask(address, '/metrics/all'), ask(address, '/health')]);
  return {
    scrape: parseScrape(await metrics.text()),
    told: (await health.json()) as Told,
    at: performance.now(),
  };
}

/** A file has room for everything, so piped output is not truncated. */
const screen = (address: string, once: boolean) =>
  once
    ? { rows: 1_000, columns: 91, address }
    : { rows: process.stdout.rows, columns: process.stdout.columns, address };

const pause = (): Promise<void> => new Promise((settle) => setTimeout(settle, EVERY));

async function show(address: string, once: boolean): Promise<void> {
  const history: History = new Map();
  let last = await look(address);
  do {
    await pause();
    const now = await look(address).catch((error: unknown) => {
      process.stdout.write(`\x1b[2J\x1b[H${address} does not answer: ${reasonOf(error)}\n`);
      return null;
    });
    if (!now) continue;
    const span = { before: last.scrape, after: now.scrape, seconds: (now.at - last.at) / 1000 };
    last = now;
    const text = frame(span, now.told, history, screen(address, once));
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

/** A live view of the whole system, from one process's operator port, which queries all others. Returns an exit code. */
export async function run(args: readonly string[]): Promise<number> {
  const { values, words } = readArgumentsOrExit(args, topLine);
  const address = words[0] ?? '127.0.0.1:9464';
  const once = values.once === true || !process.stdout.isTTY;
  if (!once) listenForKeys();
  try {
    await show(address, once);
    return 0;
  } catch (error) {
    process.stderr.write(`top: ${address} does not answer: ${reasonOf(error)}\n`);
    return 1;
  }
}
