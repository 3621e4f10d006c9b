import { connect } from 'node:net';
import { join } from 'node:path';
import { readSetting, childEnvironment, type Environment } from '../env.ts';
import { root } from '../install.mjs';
import { queryOnce } from '../postgres.ts';
import { newKeyring } from '../secrets.ts';
import { Refusal } from '../say.ts';

const platform = join(root, 'dist', 'libs', 'platform', 'src');

/** How long a server of the user's own has to let somebody in, in milliseconds. */
const patience = 5_000;

/** What `up` brings along where the environment does not say, before it is there: a server of its own has no address yet. */
export const chosenByUp = ({ dataFolder }: Environment): Record<string, string> => ({
  DATABASE_URL: 'postgres://',
  REDIS_URL: 'redis://',
  TOKEN_KEYS: newKeyring(),
  MEDIA_KEYS: newKeyring(),
  STORAGE_DIR: join(dataFolder, 'objects'),
  SCRATCH_DIR: join(dataFolder, 'scratch'),
});

/**
 * What the environment says is wrong is said at once and in full, before anything is started: by the applications' own
 * reading of it, and by asking the servers that it names.
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
    database && queryOnce(database).then((error) => error && databaseFault(error, database).text),
    redis && knock(redis).then((error) => error && redisFault(error, redis).text),
  ]);
  const found = faults.filter(Boolean);
  if (found.length > 0) throw new Refusal(found.join('\n'));
}

/** Whether anybody listens at the URL of a Redis; resolves to the fault, if there is one. A cluster of many is the api's to ask. */
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
