import { parseArgs } from 'node:util';
import { Stage } from '../stage.ts';
import { measureDeliveries } from './deliveries.ts';
import { bytesPerPost, measurePages } from './measure.ts';
import { tablesOf, writeReport, type Size } from './report.ts';
import { raise } from './town.ts';

const AUDIENCES = [10, 1_000, 100_000, 1_000_000];

async function measure(users: number): Promise<Size> {
  const stage = new Stage();
  const begun = performance.now();
  const since = (): number => (performance.now() - begun) / 1000;
  const tick = (what: string): void => console.log(`${users} people: ${what} (${since().toFixed(0)} s)`);
  try {
    const town = await raise(stage, users);
    const generated = since();
    tick('pages');
    const pages = await measurePages(town);
    const postBytes = await bytesPerPost(town.client);
    const { rows } = await town.client.query<{ disk: string }>(
      'SELECT pg_database_size(current_database()) AS disk',
    );
    const audiences = AUDIENCES.filter((followers) => followers <= users);
    const deliveries = await measureDeliveries(town, audiences, tick);
    await town.client.end();
    return { users, pages, postBytes, deliveries, generated, took: since(), disk: Number(rows[0]?.disk) };
  } finally {
    await stage.close();
  }
}

/** `--sizes 10000,100000`: only these; `--write`: into docs/scale.md, where they replace what was measured at these sizes. */
export async function run(): Promise<void> {
  const { values } = parseArgs({
    args: process.argv.slice(3),
    options: {
      sizes: { type: 'string', default: '10000,100000,1000000' },
      write: { type: 'boolean', default: false },
    },
  });
  const sizes: Size[] = [];
  for (const users of values.sizes.split(',').map(Number)) {
    sizes.push(await measure(users));
    console.log(`\n${tablesOf(sizes)}\n`);
  }
  if (values.write) writeReport(sizes);
  const [first, last] = [sizes[0], sizes.at(-1)];
  if (first && last && first !== last)
    console.log(
      `scale: ratio ${(last.pages.rate / first.pages.rate).toFixed(2)} (goal ${(1 / 1.3).toFixed(2)})`,
    );
}
