import { readArgumentsOrExit } from '../../libs/platform/src/command-line.ts';
import { scaleLine } from '../command-lines.ts';
import { Fixtures } from '../fixtures.ts';
import { measureDeliveries } from './deliveries.ts';
import { bytesPerPost, measurePages, warmPages } from './measure.ts';
import { measureRebuild } from './rebuild.ts';
import { tablesOf, writeReport, type Size } from './report.ts';
import { startScenario, type Scenario } from './scenario.ts';
import { interleavedPairs, median } from '../measuring.ts';

/** The CPU cost of a page among a million people, relative to that among ten thousand. */
const GOAL = 1 / 1.3;
const AUDIENCES = [10, 1_000, 100_000, 1_000_000];
const PAIRS = 9;
const SECONDS = 3;

async function measure(scenario: Scenario, since: () => number): Promise<Size> {
  const { users } = scenario;
  const generated = since();
  const tick = (what: string): void => console.log(`${users} people: ${what} (${since().toFixed(0)} s)`);
  tick('pages');
  const pages = await measurePages(scenario);
  const postBytes = await bytesPerPost(scenario.client);
  tick('feeds made anew');
  const rebuild = await measureRebuild(scenario);
  const { rows } = await scenario.client.query<{ disk: string }>(
    'SELECT pg_database_size(current_database()) AS disk',
  );
  const audiences = AUDIENCES.filter((followers) => followers <= users);
  const deliveries = await measureDeliveries(scenario, audiences, tick);
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
async function compare(few: Scenario, many: Scenario): Promise<number> {
  for (const scenario of [few, many, few, many]) await warmPages(scenario, SECONDS);
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
  const scenarios: Scenario[] = [];
  const end = async (scenario?: Scenario): Promise<void> => {
    await scenario?.client.end();
    await scenario?.fixtures.close();
  };
  try {
    for (const users of chosen.split(',').map(Number)) {
      // The first stays, for comparison with the last.
      if (scenarios.length > 1) await end(scenarios.pop());
      const begun = performance.now();
      const fixtures = new Fixtures();
      const scenario = await startScenario(fixtures, users).catch(async (error: unknown) => {
        await fixtures.close();
        throw error;
      });
      scenarios.push(scenario);
      sizes.push(await measure(scenario, () => (performance.now() - begun) / 1000));
      console.log(`\n${tablesOf(sizes)}\n`);
    }
    const [few, many] = scenarios;
    const last = sizes.at(-1);
    if (few && many && last) {
      last.pages.ofFirst = { users: few.users, ratio: await compare(few, many) };
      console.log(`\nscale: ratio ${last.pages.ofFirst.ratio.toFixed(2)} (goal ${GOAL.toFixed(2)})`);
    }
  } finally {
    for (const scenario of scenarios) await end(scenario);
  }
  if (values.write) writeReport(sizes);
}
