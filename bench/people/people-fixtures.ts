import { startApi, type Fixtures, type Narwhal } from '../fixtures.ts';
import { Dataset } from './dataset.ts';
import { at } from './entities.ts';
import { load } from './load.ts';

interface TokenMaker {
  make(claims: { userId: string; sessionId: string }): { token: string };
}

/** A reader; null reads without a token. */
export type Reader = number | null;

/** One Narwhal with a dataset in it, and the tokens of its people. */
export interface PeopleFixtures {
  api: Narwhal;
  dataset: Dataset;
  headersOf(reader: Reader): Record<string, string>;
}

/** Imports the built product: benchmarks import only types from its source. */
export const built = <Module>(file: string): Promise<Module> =>
  import(new URL(`../../dist/${file}`, import.meta.url).href) as Promise<Module>;

/** Whether a person has a session: only a third of people do. */
export const hasSession = (dataset: Dataset, user: number): boolean => user < dataset.sessions - 50;

/** Starts a Narwhal and fills it with this many people; `tables`: only those. */
export async function peopleFixtures(
  fixtures: Fixtures,
  users: number,
  settings: Record<string, string> = {},
  tables?: readonly string[],
): Promise<PeopleFixtures> {
  const api = await startApi(
    fixtures,
    { LOG_LEVEL: 'error', ...settings },
    { shared_buffers: '1GB', max_wal_size: '8GB', wal_level: 'minimal', max_wal_senders: 0 },
  );
  const dataset = new Dataset(users);
  await load(api.databaseUrl, dataset, tables);
  type Tokens = { AccessTokens: new (config: object) => TokenMaker };
  const { AccessTokens } = await built<Tokens>('libs/domain/src/accounts/access-tokens.js');
  const [id = '', secret = ''] = (api.settings['TOKEN_KEYS'] ?? '').split(':');
  const tokens = new AccessTokens({ TOKEN_KEYS: [{ id, secret }] });
  const headersOf = (reader: Reader): Record<string, string> => {
    if (reader === null) return {};
    if (!hasSession(dataset, reader)) throw new Error(`expected somebody with a session, not ${reader}`);
    const sessionId = dataset.ids('session').text(reader + 50, at(dataset.userShard, reader));
    return { authorization: `Bearer ${tokens.make({ userId: dataset.userId(reader), sessionId }).token}` };
  };
  return { api, dataset, headersOf };
}
