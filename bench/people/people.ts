import { statfsSync, writeFileSync } from 'node:fs';
import cliProgress from 'cli-progress';
import { readArgumentsOrExit } from '../../libs/platform/src/command-line.ts';
import { peopleLine } from '../command-lines.ts';
import type { Fixtures } from '../fixtures.ts';
import { time, type Latency } from './latency.ts';
import { examine, listPaths, type Finding } from './plans.ts';
import { peopleFixtures } from './people-fixtures.ts';
import { printTable } from '../measuring.ts';

// Every list of the api at its intended size: a million people, five million posts, thirty million likes and follows. Each
// statement of a list reads no table from end to end, and reads at most five rows for each that it sends; each list's time
// over HTTP is measured. A broken rule sets the exit code. Times are printed, and have no goal except for searches.

/** Search at a million people, in milliseconds. */
const GOAL = 20;
const BYTES_A_PERSON = 22_000;
const LEAST_BYTES = 500e6;
/** A longer run is stuck. In milliseconds: a quarter of an hour, plus a share per person. */
const patience = (users: number): number => 15 * 60_000 + users * 4;

function options() {
  const { values } = readArgumentsOrExit(process.argv.slice(3), peopleLine);
  const [users, requests] = [Number(values.users ?? 1_000_000), Number(values.requests ?? 400)];
  if (!(users >= 1_000 && users <= 2_000_000))
    throw new Error(`expected 1000 to 2000000 --users but received ${users}`);
  if (!(requests >= 10)) throw new Error(`expected 10 --requests or more but received ${requests}`);
  const paths = listPaths().filter((path) => values.list === undefined || path === values.list);
  if (paths.length === 0) throw new Error(`expected a list of openapi.json but received ${values.list}`);
  return { ...values, users, requests, paths };
}

function checkDisk(folder: string, users: number): void {
  const wanted = Math.max(LEAST_BYTES, users * BYTES_A_PERSON);
  const { bavail, bsize } = statfsSync(folder);
  const gigabytes = (bytes: number): string => `${(bytes / 1e9).toFixed(1)} GB`;
  console.log(
    `${users} people, up to ${gigabytes(wanted)} in ${folder}, ${(patience(users) / 60_000).toFixed(0)} minutes at most`,
  );
  if (bavail * bsize < wanted)
    throw new Error(`expected ${gigabytes(wanted)} of free disk but there are ${gigabytes(bavail * bsize)}`);
}

/** A progress bar that names the current list. */
async function watched<Result>(
  title: string,
  lists: number,
  work: (tick: (path: string) => void) => Promise<Result>,
): Promise<Result> {
  const bar = new cliProgress.SingleBar({
    format: `${title}  {bar}  {value}/{total}  {path}`,
    noTTYOutput: true,
    notTTYSchedule: 10_000,
    hideCursor: true,
  });
  bar.start(lists, 0, { path: '' });
  try {
    return await work((path) => bar.increment(1, { path }));
  } finally {
    bar.stop();
  }
}

const most = (findings: readonly Finding[], of: (finding: Finding) => number): number =>
  findings.reduce((sum, finding) => Math.max(sum, of(finding)), 0);

/** One row per list: its worst statement, then the faulty ones in full. */
function printPlans(paths: readonly string[], findings: readonly Finding[]): Finding[] {
  const rows = paths.map((path) => {
    const own = findings.filter((finding) => finding.path === path);
    const worst = own.toSorted((a, b) => b.read / Math.max(1, b.sent) - a.read / Math.max(1, a.sent))[0];
    return [
      path,
      String(own.length),
      worst?.statement ?? '',
      String(worst?.sent ?? ''),
      String(worst?.read ?? ''),
      String(most(own, ({ pages }) => pages)),
      most(own, ({ milliseconds }) => milliseconds).toFixed(1),
    ];
  });
  printTable(
    ['list', 'statements', 'most read for', 'rows sent', 'rows read', 'most pages', 'most ms'],
    rows,
  );
  const faulty = findings.filter(({ fault }) => fault !== null);
  for (const { path, who, page, statement, fault } of faulty)
    console.log(`FAULT ${path} (${who}, ${page} page): ${statement} ${fault}`);
  const sql = new Map(faulty.map((finding) => [finding.statement, finding.sql]));
  for (const [statement, text] of sql) console.log(`\n${statement}\n${text}`);
  return faulty;
}

function printTimes(latencies: readonly Latency[]): void {
  const rows = latencies.map(({ path, p50, p99, floor }) => [
    path,
    p50.toFixed(1),
    p99.toFixed(1),
    floor.p50.toFixed(1),
    floor.p99.toFixed(1),
    (p50 / floor.p50).toFixed(1),
  ]);
  console.log('');
  printTable(['list over HTTP', 'p50 ms', 'p99 ms', 'floor p50', 'floor p99', 'p50 ratio'], rows);
}

function writeReport(file: string, paths: readonly string[], faulty: readonly Finding[]): void {
  const failed = new Set(faulty.map(({ path }) => path)).size;
  const report = {
    numPassedTests: paths.length - failed,
    numFailedTests: failed,
    numPendingTests: 0,
    numTodoTests: 0,
  };
  writeFileSync(file, JSON.stringify(report));
}

export async function run(fixtures: Fixtures): Promise<void> {
  const { users, requests, keep, paths, plans, report } = options();
  if (keep) fixtures.keepIn(keep);
  const stuck = setTimeout(() => {
    console.error('the run takes longer than it may');
    process.exitCode = 1;
    process.kill(process.pid, 'SIGTERM');
  }, patience(users));
  checkDisk(fixtures.folder, users);
  const people = await peopleFixtures(fixtures, users);
  const findings = await watched('Explaining', paths.length, (tick) => examine(people, paths, tick));
  const faulty = printPlans(paths, findings);
  if (report) writeReport(report, paths, faulty);
  if (!plans) {
    const latencies = await watched('Timing    ', paths.length, (tick) =>
      time(people, paths, requests, tick),
    );
    printTimes(latencies);
    const search = latencies.find(({ path }) => path === '/v1/search');
    console.log(
      `\nsearch: p99 ${search?.p99.toFixed(1)} ms, the floor's ${search?.floor.p99.toFixed(1)} (goal ${GOAL})`,
    );
  }
  console.log(`people: ${findings.length} statements explained, ${faulty.length} break a rule`);
  if (faulty.length > 0) process.exitCode = 1;
  clearTimeout(stuck);
}
