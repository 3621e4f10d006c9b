import { startStack, type Stack } from './stack.js';

/** Belongs to this Vitest process, which runs one file after the other. */
let shared: Stack | undefined;

/** A file that failed in the middle may have left a process stopped. */
async function isWhole(stack: Stack): Promise<boolean> {
  try {
    const addresses = [...stack.apis.map(({ readyUrl }) => readyUrl), stack.metricsUrl];
    const answers = await Promise.all(addresses.map((address) => fetch(address)));
    await stack.folded(10_000);
    return answers.every(({ ok }) => ok);
  } catch {
    return false;
  }
}

/** Existing people stay, as strangers: their names and email addresses become free. */
async function freeNames({ database }: Stack): Promise<void> {
  // Names that were given up are kept for whoever had them.
  await database.query(`DELETE FROM usernames WHERE user_id IS NULL`);
  await database.query(`UPDATE usernames SET username = 'past' || user_id`);
  await database.query(`UPDATE users SET username = 'past' || id, email = id || '@past.example'`);
  await database.query(`UPDATE emails SET email = user_id || '@past.example'`);
}

/**
 * One stack of two apis and a worker for all files that need no settings, count nothing globally, and leave it running: starting
 * one costs more than most of them. It ends with the run.
 */
export async function sharedStack(): Promise<Stack> {
  if (shared && !(await isWhole(shared))) {
    await shared.stop();
    shared = undefined;
  }
  await shared?.stopGuests();
  shared ??= await startStack({ api: 2 });
  await freeNames(shared);
  return shared;
}
