import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  mergeScrapes,
  parseScrape,
  scrapeText,
  type Scrape,
  type Interval,
} from '../../libs/platform/src/metrics/index.js';

/** The time limit for one process's metrics, in milliseconds; munin-node gives a plugin ten seconds. */
const PATIENCE = 4_000;

/** The metrics of all processes combined; null when none of them answers. */
export async function scrapeAll(urls: readonly string[]): Promise<Scrape | null> {
  const asked = urls.map(async (url) => {
    try {
      const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
      return response.ok ? [[new URL(url).host, parseScrape(await response.text())] as const] : [];
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
