import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { Stage } from '../stage.ts';
import { at } from './cast.ts';
import type { World } from './world.ts';

interface TokenMaker {
  make(claims: { userId: string; sessionId: string }): { token: string };
}

/** A reader; null reads without a token. */
export type Reader = number | null;

/** The product's processes, their settings, and the tokens of its people. */
export interface Ground {
  stage: Stage;
  world: World;
  databaseUrl: string;
  settings: Record<string, string>;
  headersOf(reader: Reader): Record<string, string>;
}

/** Imports the built product: benchmarks import only types from its source. */
export const built = <Module>(file: string): Promise<Module> =>
  import(new URL(`../../dist/${file}`, import.meta.url).href) as Promise<Module>;

/** Whether a person has a session: only a third of people do. */
export const hasSession = (world: World, user: number): boolean => user < world.sessions - 50;

export async function groundFor(stage: Stage, world: World, databaseUrl: string): Promise<Ground> {
  const redisUrl = await stage.redis();
  const secret = randomBytes(32).toString('hex');
  const settings = {
    PUBLIC_URL: 'https://narwhal.example.org',
    DATABASE_URL: databaseUrl,
    REDIS_URL: redisUrl,
    STORAGE_DIR: join(stage.folder, 'objects'),
    TOKEN_KEYS: `bench:${secret}`,
    MEDIA_KEYS: `bench:${secret}`,
    RATE_LIMITS: 'off',
    LOG_LEVEL: 'error',
  };
  type Tokens = { AccessTokens: new (config: object) => TokenMaker };
  const { AccessTokens } = await built<Tokens>('apps/api/src/sessions/access-tokens.js');
  const tokens = new AccessTokens({ TOKEN_KEYS: [{ id: 'bench', secret }] });
  const headersOf = (reader: Reader): Record<string, string> => {
    if (reader === null) return {};
    if (!hasSession(world, reader)) throw new Error(`expected somebody with a session, not ${reader}`);
    const sessionId = world.ids('session').text(reader + 50, at(world.userShard, reader));
    return { authorization: `Bearer ${tokens.make({ userId: world.userId(reader), sessionId }).token}` };
  };
  return { stage, world, databaseUrl, settings, headersOf };
}
