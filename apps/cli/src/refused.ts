import { ConfigError, exitForUsage, UsageError } from '@app/platform';

/** Shown to the operator as it is, without a stack. */
export class Refused extends Error {}

/** Runs a command and returns its exit code: a refusal is a sentence, and 1. */
export async function told(work: () => Promise<number>): Promise<number> {
  try {
    return await work();
  } catch (error) {
    if (error instanceof UsageError) exitForUsage(error);
    const expected = error instanceof Refused || error instanceof ConfigError;
    const text = error instanceof Error ? (expected ? error.message : error.stack) : String(error);
    process.stderr.write(`${text}\n`);
    return 1;
  }
}
