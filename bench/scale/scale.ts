import { readArgumentsOrExit } from '../../libs/platform/src/command-line.ts';
import { interleavedPairs, median } from '../pairs.ts';
import { Stage } from '../stage.ts';
import { scaleLine } from './command-line.ts';
import { measureDeliveries } from './deliveries.ts';
import { bytesPerPost, measurePages, warmPages } from './measure.ts';
import { measureRebuild } from './rebuild.ts';
import { tablesOf, writeReport, type Size } from './report.ts';
import { raise, type Town } from './town.ts';

/** The CPU cost of a page among a million people, relative to that among ten thousand. */
const GOAL = 1 / 1.3;
const AUDIENCES = [10, 1_000, 100_000, 1_000_000];
const PAIRS = 9;
const SECONDS = 3;

async function measure(town: Town, since: () => number): Promise<Size> {
  const { users } = town;
  const generated = since();
  const tick = (what: string): void => console.log(`${users} people: ${what} (${since().toFixed(0)} s)`);
  tick('pages');
  const pages = await measurePages(town);
  const postBytes = await bytesPerPost(town.client);
  tick('feeds made anew');
  const rebuild = await measureRebuild(town);
  const { rows } = await town.client.query<{ disk: string }>(
    'SELECT pg_database_size(current_database()) AS disk',
  );
  const audiences = AUDIENCES.filter((followers) => followers <= users);
  const deliveries = await measureDeliveries(town, audiences, tick);
  return {
    users,
    pages,
    rebuild,
    postBytes,
    deliveries,
    generated,
    took: since(),
    disk: Number(rows[0]?.disk),
  };
}

/** Pages among most people and among fewest, alternately: the ratio of their rates. */
async function compare(few: Town, many: Town): Promise<number> {
  for (const town of [few, many, few, many]) await warmPages(town, SECONDS);
  const pairs = await interleavedPairs(
    PAIRS,
    () => warmPages(many, SECONDS),
    () => warmPages(few, SECONDS),
  );
  return median(pairs.map(({ ours, floor }) => ours.rate / floor.rate));
}

export async function run(): Promise<void> {
  const { values } = readArgumentsOrExit(process.argv.slice(3), scaleLine);
  const chosen = values.sizes ?? '10000,100000,1000000';
  const sizes: Size[] = [];
  const towns: Town[] = [];
  const end = async (town?: Town): Promise<void> => {
    await town?.client.end();
    await town?.stage.close();
  };
  try {
    for (const users of chosen.split(',').map(Number)) {
      // The first stays, for comparison with the last.
      if (towns.length > 1) await end(towns.pop());
      const begun = performance.now();
      const stage = new Stage();
      const town = await raise(stage, users).catch(async (error: unknown) => {
        await stage.close();
        throw error;
      });
      towns.push(town);
      sizes.push(await measure(town, () => (performance.now() - begun) / 1000));
      console.log(`\n${tablesOf(sizes)}\n`);
    }
    const [few, many] = towns;
    const last = sizes.at(-1);
    if (few && many && last) {
      last.pages.ofFirst = { users: few.users, ratio: await compare(few, many) };
      console.log(`\nscale: ratio ${last.pages.ofFirst.ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
    }
  } finally {
    for (const town of towns) await end(town);
  }
  if (values.write) writeReport(sizes);
  // The api in this process has its own timers, made to run as long as it does.
  process.exit();
}
