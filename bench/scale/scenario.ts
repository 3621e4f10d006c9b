import pg from 'pg';
import { load } from '../people/load.ts';
import { hasSession } from '../people/people-fixtures.ts';
import { at } from '../people/entities.ts';
import { Dataset } from '../people/dataset.ts';
import { mixed } from '../people/chance.ts';
import { startApi, startWorker, type Narwhal, type Serving, type Fixtures } from '../fixtures.ts';

/** The tables behind feeds; the others stay empty. */
const TABLES = ['users', 'usernames', 'sessions', 'follows', 'followers', 'posts', 'photos'];

export interface Person {
  id: string;
  headers: Record<string, string>;
}

/** One Narwhal with the requested number of people, and the data for the measurements. */
export interface Scenario {
  users: number;
  fixtures: Fixtures;
  api: Narwhal;
  worker: Serving;
  client: pg.Client;
  redisUrl: string;
  dataset: Dataset;
  /** Random people with a session; `from` separates groups, so that they share nobody. */
  drawn(from: number, count: number): number[];
  readers(from: number, count: number): Person[];
  person(user: number): Person;
  feedKey(reader: string): string;
}

const built = <Module>(file: string): Promise<Module> =>
  import(new URL(`../../dist/${file}`, import.meta.url).href) as Promise<Module>;

interface Tokens {
  AccessTokens: new (config: object) => {
    make(claims: { userId: string; sessionId: string }): { token: string };
  };
}
interface Keys {
  keys: { homeFeed(epoch: string, reader: string): string };
}

export async function startScenario(fixtures: Fixtures, users: number): Promise<Scenario> {
  const api = await startApi(
    fixtures,
    // All authors are fanned out, however many followers they have: that is the cost under test.
    { LARGE_AUTHOR_FOLLOWERS: '100000000', LOG_LEVEL: 'error' },
    { shared_buffers: '1GB', max_wal_size: '8GB', wal_level: 'minimal', max_wal_senders: 0 },
  );
  const dataset = new Dataset(users);
  await load(api.databaseUrl, dataset, TABLES);
  const worker = await startWorker(fixtures, api);
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ epoch: number }>('SELECT epoch FROM redis_epoch');
  const epoch = String(rows[0]?.epoch);
  const { keys } = await built<Keys>('libs/platform/src/keys.js');
  const { AccessTokens } = await built<Tokens>('libs/domain/src/accounts/access-tokens.js');
  const [id = '', secret = ''] = (api.settings['TOKEN_KEYS'] ?? '').split(':');
  const tokens = new AccessTokens({ TOKEN_KEYS: [{ id, secret }] });
  const person = (user: number): Person => {
    const sessionId = dataset.ids('session').text(user + 50, at(dataset.userShard, user));
    const userId = dataset.userId(user);
    return { id: userId, headers: { authorization: `Bearer ${tokens.make({ userId, sessionId }).token}` } };
  };
  const drawn = [
    ...new Set(Array.from({ length: 2_000 }, (_, step) => mixed(step, 71) % (dataset.sessions - 50))),
  ].filter((user) => user > 100 && hasSession(dataset, user));
  return {
    users,
    fixtures,
    api,
    worker,
    client,
    redisUrl: api.settings['REDIS_URL'] ?? '',
    dataset,
    drawn: (from, count) => drawn.slice(from, from + count),
    readers: (from, count) => drawn.slice(from, from + count).map(person),
    person,
    feedKey: (reader) => keys.homeFeed(epoch, reader),
  };
}
