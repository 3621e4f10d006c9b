import { ConfigError, databaseFault, readArgumentsOrExit, readDatabaseUrls } from '@app/platform';
import { migrate } from '@app/storage/database';
import { migrateLine } from '../command-lines.js';

function reasonOf(error: unknown, url: string): string {
  if (error instanceof ConfigError || !(error instanceof Error)) return String(error);
  // A failed statement is the migration's fault, so show everything that PostgreSQL reports.
  if (error.name === 'QueryFailedError') return error.stack ?? error.message;
  return databaseFault(error, url, 'DATABASE_DIRECT_URL or DATABASE_URL').text;
}

/** Returns an exit code. */
export async function run(args: readonly string[]): Promise<number> {
  readArgumentsOrExit(args, migrateLine);
  const say = (line: string) => void process.stdout.write(`${line}\n`);
  let url = '';
  try {
    const { direct, serving } = readDatabaseUrls();
    url = direct;
    const applied = await migrate(url, say, serving);
    for (const name of applied) say(`applied ${name}`);
    say('the schema is up to date');
    return 0;
  } catch (error) {
    process.stderr.write(`the migration failed: ${reasonOf(error, url)}\n`);
    return 1;
  }
}
