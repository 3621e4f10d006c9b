import { fillFeed } from './feed-data.ts';
import { costOf, lengthOfPage, printLoads } from './feed.ts';
import { signUpAll, startApi, type Fixtures, type Person } from './fixtures.ts';
import { wrk } from './wrk.ts';
import { interleavedPairs } from './measuring.ts';

/**
 * The newest page of readers who follow a hundred authors too large to be fanned out, beside that of readers who follow none:
 * these authors' posts are merged into the page when it is read.
 */
const GOAL = 0.5;
const PAIRS = 5;
const READERS = 16;
const CONNECTIONS = 64;
const SECONDS = 3;

export async function run(fixtures: Fixtures): Promise<void> {
  const api = await startApi(fixtures);
  const people = await signUpAll(api, 'reader', READERS * 2);
  const [plain, many] = [people.slice(0, READERS), people.slice(READERS)];
  const ids = (group: readonly Person[]): string[] => group.map(({ id }) => id);
  await fillFeed(api.databaseUrl, { readers: ids(plain), manyLarge: ids(many) });
  const page = `${api.url}/v1/feed`;
  // Twice: the first read builds the authors' lists, the second finds them.
  for (let round = 0; round < 2; round += 1)
    for (const { headers } of people) await lengthOfPage(page, headers);
  const drive = (group: readonly Person[]) => () =>
    costOf(api, () =>
      wrk(page, { connections: CONNECTIONS, seconds: SECONDS, people: group.map(({ headers }) => headers) }),
    );
  await drive(plain)();
  await drive(many)();
  console.log(`pages of 20 posts, ${CONNECTIONS} connections, ${PAIRS} pairs of ${SECONDS} s\n`);
  const pairs = await interleavedPairs(PAIRS, drive(many), drive(plain));
  const ratio = printLoads(pairs, { ours: '100 large', floor: 'plain' });
  console.log(`\nlarge-authors: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
}
