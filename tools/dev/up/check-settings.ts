import { connect } from 'node:net';
import { join } from 'node:path';
import { readSetting, childEnvironment, type Environment } from '../env.ts';
import { root } from '../install.mjs';
import { query } from '../postgres.ts';
import { ownRepository } from './backups.ts';
import { newKeyring } from '../secrets.ts';
import { Refusal } from '../say.ts';

const platform = join(root, 'dist', 'libs', 'platform', 'src');

/** The time that a server of the user's own has to accept a connection, in milliseconds. */
const patience = 5_000;

/** The values that `up` supplies where the environment has none, before they exist: its own servers have no address yet. */
export const chosenByUp = (environment: Environment): Record<string, string> => ({
  DATABASE_URL: 'postgres://',
  REDIS_URL: 'redis://',
  TOKEN_KEYS: newKeyring(),
  MEDIA_KEYS: newKeyring(),
  STORAGE_DIR: join(environment.dataFolder, 'objects'),
  SCRATCH_DIR: join(environment.dataFolder, 'scratch'),
  BACKUP_REPOSITORY: ownRepository(environment),
});

/**
 * Reports everything that is wrong in the environment at once, before anything is started: parses it as the applications do,
 * and connects to the servers that it names.
 *
 * @throws Refusal with a sentence for each fault
 */
export async function checkSettings(environment: Environment): Promise<void> {
  const { ConfigError, readConfig } = (await import(
    join(platform, 'config.js')
  )) as typeof import('../../../libs/platform/src/config.ts');
  const { databaseFault, redisFault } = (await import(
    join(platform, 'faults.js')
  )) as typeof import('../../../libs/platform/src/faults.ts');
  const own = Object.fromEntries(
    Object.entries(chosenByUp(environment)).filter(([name]) => !environment.isSet(name)),
  );
  try {
    readConfig(childEnvironment(own));
  } catch (error) {
    throw error instanceof ConfigError ? new Refusal(error.message) : error;
  }
  const [database, redis] = [readSetting('DATABASE_URL'), readSetting('REDIS_URL')];
  const faults = await Promise.all([
    database &&
      query(database, 'select 1', patience).then((error) => error && databaseFault(error, database).text),
    redis &&
      !environment.isSet('REDIS_SENTINELS') &&
      knock(redis).then((error) => error && redisFault(error, redis).text),
  ]);
  const found = faults.filter(Boolean);
  if (found.length > 0) throw new Refusal(found.join('\n'));
}

/** Whether the URL of a Redis accepts connections; resolves to the error, if any. The api itself asks a cluster of many, and sentinels. */
async function knock(url: string): Promise<Error | undefined> {
  if (!URL.canParse(url)) return undefined;
  const { hostname, port } = new URL(url);
  return new Promise((settle) => {
    const socket = connect({
      host: hostname.replace(/^\[|\]$/g, ''),
      port: Number(port || 6379),
      timeout: patience,
    });
    socket.once('connect', () => settle(undefined));
    socket.once('timeout', () => settle(Object.assign(new Error('timed out'), { code: 'ETIMEDOUT' })));
    socket.once('error', settle);
    for (const end of ['connect', 'timeout'] as const) socket.once(end, () => socket.destroy());
  });
}
