import { readFileSync } from 'node:fs';
import { ListeningApi, type Page } from './listening-api.ts';
import type { Work } from './plan.ts';
import { scenarios, type Case } from './scenarios.ts';
import type { PeopleFixtures } from './people-fixtures.ts';

/** Rows that may be read for each row sent. */
const MOST_READ = 5;
/** A statement that sends few rows (a count, the last page) may still read a page's worth of rows. */
const PAGE = 20;
/** How deep `deep` is, in pages of 50. */
const DEEP = 20;

/** A reader's feed is built from everybody they follow, at most 7,500. */
const FOLLOWED = 7_500;
/** The most that a search reads: see searching-sql.ts, 200 along the alphabet, 400 large ones, all followed people. */
const SEARCHED = 10_500;

/**
 * Statements that send fewer rows than they must read, since their results are ranked or merged: each has its own limit,
 * whatever the data. In rows.
 */
const boundedByThemselves: Record<string, { most: number; why: string }> = {
  'feed.newest': { most: FOLLOWED * 5 + 2_500, why: 'merges the newest few posts of everybody followed' },
  'feed.above': { most: FOLLOWED * 5 + 2_500, why: 'merges the posts of everybody followed' },
  'registration.waiting': {
    most: 1_001,
    why: 'counts who waits, for a metric, which may be at the same time',
  },
  'search.users': { most: SEARCHED, why: 'ranks what begins so' },
  'search.tags': { most: SEARCHED, why: 'ranks what begins so' },
  'search.places': { most: SEARCHED, why: 'ranks what begins so' },
};

/** By trigrams: builds a bitmap of all names with enough of them before it reads the first. Only time limits them. */
const boundedByTime = /^search\.similar\./;

interface OpenApi {
  paths: Record<string, { get?: { parameters?: { name?: string }[]; responses: Record<string, unknown> } }>;
}

/** Every endpoint that returns a list: a new one needs its hardest cases here. */
export function listPaths(): string[] {
  const file = new URL('../../openapi.json', import.meta.url);
  const { paths } = JSON.parse(readFileSync(file, 'utf8')) as OpenApi;
  return Object.entries(paths).flatMap(([path, { get }]) => {
    if (!get) return [];
    const pages = get.parameters?.some(({ name }) => name === 'cursor') ?? false;
    return pages || /List"/.test(JSON.stringify(get.responses['200'])) ? [path] : [];
  });
}

export interface Finding extends Work {
  path: string;
  who: string;
  page: string;
  statement: string;
  sql: string;
  /** The broken rule; null for none. */
  fault: string | null;
}

export function faultOf(name: string, { sent, read, sequential }: Work): string | null {
  if (read === Infinity) return 'was cut off by its limit of time';
  if (sequential.length > 0) return `reads ${[...new Set(sequential)].join(', ')} from end to end`;
  if (boundedByTime.test(name)) return null;
  const most = boundedByThemselves[name]?.most ?? Math.max(PAGE, sent * MOST_READ);
  return read > most ? `reads ${read} rows to send ${sent}, at most ${most}` : null;
}

const withQuery = (path: string, query: Record<string, string>): string =>
  `${path}${path.includes('?') ? '&' : '?'}${new URLSearchParams(query).toString()}`;

/** The first page, one 1,000 entries below it, and the page above that one: their statements and the work of each. */
async function findingsOf(
  api: ListeningApi,
  path: string,
  { who, reader, path: url }: Case,
): Promise<Finding[]> {
  const findings: Finding[] = [];
  const look = async (page: string): Promise<void> => {
    for (const { name, sql, work } of await api.explain())
      findings.push({ path, who, page, statement: name, sql, fault: faultOf(name, work), ...work });
  };
  let answer: Page = await api.get(url, reader);
  await look('first');
  let deep = url;
  for (let depth = 0; depth < DEEP && answer.nextCursor; depth += 1) {
    deep = withQuery(url, { limit: '50', cursor: answer.nextCursor });
    answer = await api.get(deep, reader);
  }
  if (deep === url) return findings;
  await look('deep');
  if (!answer.prevCursor) return findings;
  await api.get(withQuery(url, { limit: '50', newer: answer.prevCursor }), reader);
  await look('upwards');
  return findings;
}

export async function examine(
  people: PeopleFixtures,
  paths: readonly string[],
  tick: (path: string) => void,
): Promise<Finding[]> {
  const forced = people.dataset.users < 100_000;
  const missing = listPaths().filter((path) => !(path in scenarios));
  if (missing.length > 0)
    throw new Error(
      `bench/people/scenarios.ts says nothing of ${missing.join(', ')}: on whom are they hardest?`,
    );
  const api = await ListeningApi.start(people, forced);
  try {
    const findings: Finding[] = [];
    for (const path of paths) {
      tick(path);
      for (const one of scenarios[path]?.hard(people.dataset) ?? [])
        findings.push(...(await findingsOf(api, path, one)));
    }
    return findings;
  } finally {
    await api.stop();
  }
}
