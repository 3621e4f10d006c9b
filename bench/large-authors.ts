import { fillFeed } from './feed-data.ts';
import { costOf, lengthOfPage, printLoads } from './feed.ts';
import { interleavedPairs } from './pairs.ts';
import { signUp, Fixtures, startApi } from './fixtures.ts';
import { wrk } from './wrk.ts';

/**
 * The newest page of readers who follow a hundred authors too large to be fanned out, beside that of readers who follow none:
 * these authors' posts are merged into the page when it is read.
 */
const GOAL = 0.5;
const PAIRS = 5;
const READERS = 16;
const CONNECTIONS = 64;
const SECONDS = 3;

async function measure(fixtures: Fixtures): Promise<number> {
  const api = await startApi(fixtures);
  const people: Awaited<ReturnType<typeof signUp>>[] = [];
  for (let number = 1; number <= READERS * 2; number += 1) people.push(await signUp(api, `reader${number}`));
  const [plain, many] = [people.slice(0, READERS), people.slice(READERS)];
  const ids = (group: typeof people): string[] => group.map(({ id }) => id);
  await fillFeed(api.databaseUrl, { readers: ids(plain), manyLarge: ids(many) });
  const page = `${api.url}/v1/feed`;
  // Twice: the first read builds the authors' lists, the second finds them.
  for (let round = 0; round < 2; round += 1)
    for (const { headers } of people) await lengthOfPage(page, headers);
  const drive = (group: typeof people) => () =>
    costOf(api, () =>
      wrk(page, { connections: CONNECTIONS, seconds: SECONDS, people: group.map(({ headers }) => headers) }),
    );
  await drive(plain)();
  await drive(many)();
  console.log(`pages of 20 posts, ${CONNECTIONS} connections, ${PAIRS} pairs of ${SECONDS} s\n`);
  return printLoads(await interleavedPairs(PAIRS, drive(many), drive(plain)), {
    ours: '100 large',
    floor: 'plain',
  });
}

export async function run(): Promise<void> {
  const fixtures = new Fixtures();
  try {
    const ratio = await measure(fixtures);
    console.log(`\nlarge-authors: ratio ${ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
  } finally {
    await fixtures.close();
  }
}
