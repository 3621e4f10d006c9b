// Reads the test runners' JSON reports. `verdict CODE FILE` checks whether the report accounts for the suite's exit code;
// `failed FILE` lists the files to rerun; `merge FILE SECOND` replaces their results by the second ones; `sum SECONDS FOLDER
// STEP...` prints the last lines of the run and is its exit code.
import { readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join, relative } from 'node:path';

/** @typedef {{ name: string, status: string, assertionResults: { status: string, fullName?: string }[] }} FileReport */
/**
 * @typedef {object} Report
 * @property {number} numPassedTests
 * @property {number} numFailedTests
 * @property {number} numPendingTests
 * @property {number} numTodoTests
 * @property {FileReport[]} [testResults]
 * @property {string[]} [secondTries] files that passed only when they were run again
 */

/** More failed files than this are no accident of a busy machine, and are not rerun. */
const SECOND_TRIES = 3;

/**
 * @param {string} file
 * @returns {Report | undefined} undefined when the runner ended before it could write
 */
function read(file) {
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch {
    return undefined;
  }
}

/**
 * A failed suite has to show a failed test, and a successful one has to have run some: passed, or skipped where the machine
 * cannot run them, which is counted as such.
 *
 * @param {number} code
 * @param {Report | undefined} report
 */
function accountsFor(code, report) {
  if (!report) return false;
  return code === 0 ? report.numPassedTests + report.numPendingTests > 0 : report.numFailedTests > 0;
}

/** @param {Report | undefined} report */
const failedFiles = (report) => (report?.testResults ?? []).filter(({ status }) => status === 'failed');

/**
 * @param {Report} first
 * @param {Report} second a run of the failed files alone
 * @returns {Report}
 */
function merged(first, second) {
  const again = new Map((second.testResults ?? []).map((file) => [file.name, file]));
  const files = (first.testResults ?? []).map((file) =>
    file.status === 'failed' ? (again.get(file.name) ?? file) : file,
  );
  /** @param {string[]} statuses */
  const count = (...statuses) =>
    files.flatMap((file) => file.assertionResults).filter(({ status }) => statuses.includes(status)).length;
  return {
    ...first,
    testResults: files,
    numPassedTests: count('passed'),
    numFailedTests: count('failed'),
    numPendingTests: count('pending', 'skipped', 'disabled'),
    numTodoTests: count('todo'),
    secondTries: failedFiles(first)
      .map(({ name }) => name)
      .filter((name) => again.get(name)?.status === 'passed'),
  };
}

/**
 * The files with tests that this machine could not run, so that they do not count as passed.
 *
 * @param {Report[]} reports
 */
function skips(reports) {
  const counts = new Map();
  for (const { name, assertionResults } of reports.flatMap(({ testResults }) => testResults ?? [])) {
    const count = assertionResults.filter(({ status }) =>
      ['pending', 'skipped', 'disabled', 'todo'].includes(status),
    ).length;
    if (count > 0) counts.set(relative(process.cwd(), name), count);
  }
  return [...counts].map(([name, count]) => `${count} of ${name}`);
}

/**
 * The failed tests by file and name.
 *
 * @param {Report[]} reports
 */
const failures = (reports) =>
  reports
    .flatMap(({ testResults }) => testResults ?? [])
    .flatMap(({ name, assertionResults }) =>
      assertionResults
        .filter(({ status }) => status === 'failed')
        .map(({ fullName }) => `${relative(process.cwd(), name)}: ${fullName}`),
    );

const [command = '', ...args] = process.argv.slice(2);

if (command === 'failed') {
  const files = failedFiles(read(args[0] ?? '')).map(({ name }) => relative(process.cwd(), name));
  if (files.length <= SECOND_TRIES) console.log(files.join('\n'));
} else if (command === 'merge') {
  const [file = '', other = ''] = args;
  const [first, second] = [read(file), read(other)];
  if (first && second) writeFileSync(file, JSON.stringify(merged(first, second)));
} else if (command === 'verdict') {
  const [code = '1', file = ''] = args;
  process.exitCode = accountsFor(Number(code), read(file)) ? 0 : 1;
} else {
  const [seconds = '0', folder = '', ...steps] = args;
  const reports = readdirSync(folder).flatMap((name) => read(join(folder, name)) ?? []);
  /** @param {keyof Report} field */
  const total = (field) => reports.reduce((sum, report) => sum + report[field], 0);
  const failed = total('numFailedTests') + steps.length;
  const skipped = total('numPendingTests') + total('numTodoTests');
  console.log(`\nthe whole took ${seconds} s`);
  for (const line of failures(reports)) console.log(`failed: ${line}`);
  for (const name of steps) console.log(`failed without a test to show for it: ${name}`);
  const secondTries = reports.flatMap((report) => report.secondTries ?? []);
  if (secondTries.length > 0)
    console.log(
      `passed only at a second try: ${secondTries.map((name) => relative(process.cwd(), name)).join(', ')}`,
    );
  console.log(
    `${skipped} skipped${skipped > 0 ? ', for want of a program, of rights or of photographs:' : ''}`,
  );
  for (const line of skips(reports)) console.log(`  ${line}`);
  console.log(`${total('numPassedTests')} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
