// Reads the test runners' JSON reports. `verdict CODE FILE` answers whether the report accounts for how the suite ended;
// `sum FAULTS SECONDS FOLDER` prints the last lines of the run and is its exit code.
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** @typedef {{ numPassedTests: number, numFailedTests: number, numPendingTests: number, numTodoTests: number }} Report */

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
 * A suite that ended badly has to show a failed test, and one that ended well has to have found some: passed, or skipped
 * where the machine cannot, which is counted as such.
 *
 * @param {number} code
 * @param {Report | undefined} report
 */
function accountsFor(code, report) {
  if (!report) return false;
  return code === 0 ? report.numPassedTests + report.numPendingTests > 0 : report.numFailedTests > 0;
}

const [command = '', ...args] = process.argv.slice(2);

if (command === 'verdict') {
  const [code = '1', file = ''] = args;
  process.exitCode = accountsFor(Number(code), read(file)) ? 0 : 1;
} else {
  const [faults = '1', seconds = '0', folder = ''] = args;
  const reports = readdirSync(folder).flatMap((name) => read(join(folder, name)) ?? []);
  /** @param {keyof Report} field */
  const total = (field) => reports.reduce((sum, report) => sum + report[field], 0);
  const failed = total('numFailedTests') + Number(faults);
  const skipped = total('numPendingTests') + total('numTodoTests');
  console.log(`\n${faults} steps failed without a test to show for it; the whole took ${seconds} s`);
  console.log(`${skipped} skipped`);
  console.log(`${total('numPassedTests')} passed, ${failed} failed`);
  process.exitCode = failed === 0 ? 0 : 1;
}
