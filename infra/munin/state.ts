import { once } from 'node:events';
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import http, { type IncomingMessage } from 'node:http';
import https from 'node:https';
import { dirname } from 'node:path';
import { text } from 'node:stream/consumers';
import {
  mergeScrapes,
  parseScrape,
  scrapeText,
  type Scrape,
  type Interval,
} from '../../libs/platform/src/metrics/index.js';

/** The time limit for one process's metrics, in milliseconds; munin-node gives a plugin ten seconds. */
const PATIENCE = 4_000;

/** By node:http, since fetch takes a third of the plugin's time to load. */
async function textOf(url: string): Promise<string> {
  const asked = (url.startsWith('https:') ? https : http).get(url, { signal: AbortSignal.timeout(PATIENCE) });
  const [response] = (await once(asked, 'response')) as [IncomingMessage];
  if (response.statusCode !== 200) throw new Error(`${url} answers ${response.statusCode}`);
  return text(response);
}

/** The metrics of all processes combined; null when none of them answers. */
export async function scrapeAll(urls: readonly string[]): Promise<Scrape | null> {
  const asked = urls.map(async (url) => {
    try {
      return [[new URL(url).host, parseScrape(await textOf(url))] as const];
    } catch {
      return [];
    }
  });
  const found = (await Promise.all(asked)).flat();
  return found.length === 0 ? null : mergeScrapes(new Map(found));
}

interface Kept {
  at: number;
  text: string;
}

function read(file: string): Kept | null {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Kept;
  } catch {
    return null;
  }
}

/** The time from the last call until now, for rates and percentiles. Null at the first call, or when the last was days ago. */
export function spanSince(file: string, after: Scrape): Interval | null {
  const kept = read(file);
  const now = Date.now();
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(`${file}.new`, JSON.stringify({ at: now, text: scrapeText(after) } satisfies Kept));
  renameSync(`${file}.new`, file);
  if (!kept || now - kept.at > 86_400_000 || now <= kept.at) return null;
  return { before: parseScrape(kept.text), after, seconds: (now - kept.at) / 1000 };
}
