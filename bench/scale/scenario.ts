import pg from 'pg';
import { startWorker, type Fixtures, type Person, type Serving } from '../fixtures.ts';
import { mixed } from '../people/chance.ts';
import { built, hasSession, peopleFixtures, type PeopleFixtures } from '../people/people-fixtures.ts';

/** The tables behind feeds; the others stay empty. */
const TABLES = ['users', 'usernames', 'sessions', 'follows', 'followers', 'posts', 'photos'];

/** One Narwhal with the requested number of people, and the data for the measurements. */
export interface Scenario extends PeopleFixtures {
  users: number;
  fixtures: Fixtures;
  worker: Serving;
  client: pg.Client;
  redisUrl: string;
  /** Random people with a session; `from` separates groups, so that they share nobody. */
  drawn(from: number, count: number): number[];
  readers(from: number, count: number): Person[];
  person(user: number): Person;
  feedKey(reader: string): string;
}

interface Keys {
  keys: { homeFeed(epoch: string, reader: string): string };
}

export async function startScenario(fixtures: Fixtures, users: number): Promise<Scenario> {
  // All authors are fanned out, however many followers they have: that is the cost under test.
  const people = await peopleFixtures(fixtures, users, { LARGE_AUTHOR_FOLLOWERS: '100000000' }, TABLES);
  const { api, dataset, headersOf } = people;
  const worker = await startWorker(fixtures, api);
  const client = new pg.Client({ connectionString: api.databaseUrl });
  await client.connect();
  const { rows } = await client.query<{ epoch: number }>('SELECT epoch FROM redis_epoch');
  const epoch = String(rows[0]?.epoch);
  const { keys } = await built<Keys>('libs/platform/src/keys.js');
  const person = (user: number): Person => ({ id: dataset.userId(user), headers: headersOf(user) });
  const drawn = [
    ...new Set(Array.from({ length: 2_000 }, (_, step) => mixed(step, 71) % (dataset.sessions - 50))),
  ].filter((user) => user > 100 && hasSession(dataset, user));
  return {
    ...people,
    users,
    fixtures,
    worker,
    client,
    redisUrl: api.settings['REDIS_URL'] ?? '',
    drawn: (from, count) => drawn.slice(from, from + count),
    readers: (from, count) => drawn.slice(from, from + count).map(person),
    person,
    feedKey: (reader) => keys.homeFeed(epoch, reader),
  };
}
