import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Fixtures } from '../fixtures.ts';
import { at } from './entities.ts';
import type { Dataset } from './dataset.ts';

interface TokenMaker {
  make(claims: { userId: string; sessionId: string }): { token: string };
}

/** A reader; null reads without a token. */
export type Reader = number | null;

/** The product's processes, their settings, and the tokens of its people. */
export interface PeopleFixtures {
  fixtures: Fixtures;
  dataset: Dataset;
  databaseUrl: string;
  settings: Record<string, string>;
  headersOf(reader: Reader): Record<string, string>;
}

/** Imports the built product: benchmarks import only types from its source. */
export const built = <Module>(file: string): Promise<Module> =>
  import(new URL(`../../dist/${file}`, import.meta.url).href) as Promise<Module>;

/** Whether a person has a session: only a third of people do. */
export const hasSession = (dataset: Dataset, user: number): boolean => user < dataset.sessions - 50;

export async function peopleFixtures(
  fixtures: Fixtures,
  dataset: Dataset,
  databaseUrl: string,
): Promise<PeopleFixtures> {
  const redisUrl = await fixtures.redis();
  const secret = randomBytes(32).toString('hex');
  const settings = {
    PUBLIC_URL: 'https://narwhal.example.org',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    STORAGE_DIR: join(fixtures.folder, 'objects'),
    TOKEN_KEYS: `bench:${secret}`,
    MEDIA_KEYS: `bench:${secret}`,
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
  };
  type Tokens = { AccessTokens: new (config: object) => TokenMaker };
  const { AccessTokens } = await built<Tokens>('libs/domain/src/accounts/access-tokens.js');
  const tokens = new AccessTokens({ TOKEN_KEYS: [{ id: 'bench', secret }] });
  const headersOf = (reader: Reader): Record<string, string> => {
    if (reader === null) return {};
    if (!hasSession(dataset, reader)) throw new Error(`expected somebody with a session, not ${reader}`);
    const sessionId = dataset.ids('session').text(reader + 50, at(dataset.userShard, reader));
    return { authorization: `Bearer ${tokens.make({ userId: dataset.userId(reader), sessionId }).token}` };
  };
  return { fixtures, dataset, databaseUrl, settings, headersOf };
}
