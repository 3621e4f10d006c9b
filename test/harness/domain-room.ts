import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Module, type DynamicModule, type Type } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { DomainModule } from '@app/domain';
import { FeedModule } from '@app/feed';
import { JobSender, PlatformModule, readConfig, type Config, type Id } from '@app/platform';
import { StorageModule } from '@app/storage';
import { freshDatabase, type TestDatabase } from './database.js';
import { freshRedis } from './redis.js';

/** Classes of a process on a database and a Redis of their own; nothing receives jobs. */
export interface DomainRoom {
  database: TestDatabase;
  get<One>(type: Type<One>): One;
  person(isPrivate?: boolean): Promise<Id>;
  postOf(author: Id): Promise<Id>;
  close(): Promise<void>;
}

@Module({})
class Room {
  static with(config: Config, more: readonly Type[]): DynamicModule {
    const feed = FeedModule.forRoot({ budget: 1_000, near: false });
    const storage = StorageModule.forRoot('spec');
    return {
      module: Room,
      imports: [PlatformModule.with(config, 'spec'), storage, DomainModule, feed, ...more],
    };
  }
}

/** `more`: the modules of an application that a spec needs beside the libraries. */
export async function domainRoom(...more: Type[]): Promise<DomainRoom> {
  const database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'narwhal-domain-'));
  const keyring = `spec:${'5'.repeat(64)}`;
  const config = readConfig({
    DATABASE_URL: database.url,
    REDIS_URL: await freshRedis(),
    TOKEN_KEYS: keyring,
    MEDIA_KEYS: keyring,
    STORAGE_DIR: folder,
    LOG_LEVEL: 'silent',
  });
  const app = await NestFactory.createApplicationContext(Room.with(config, more), { logger: false });
  const idOf = async (sql: string, values: unknown[]): Promise<Id> => {
    const [row] = await database.query<{ id: Id }>(sql, values);
    return row?.id ?? '';
  };
  let people = 0;
  return {
    database,
    get: (type) => app.get(type, { strict: false }),
    person: (isPrivate = false) =>
      idOf(
        `INSERT INTO users (shard, id, username, email, password_hash, private)
         SELECT shard_of(id), id, $1, $1, '', $2 FROM next_id($3) AS id RETURNING id`,
        [`person${(people += 1)}`, isPrivate, people % 7],
      ),
    postOf: (author) =>
      idOf(
        `INSERT INTO posts (shard, id, author_id, state, published_at)
         SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, 'published', now() RETURNING id`,
        [author],
      ),
    close: async () => {
      await app.get(JobSender, { strict: false }).close();
      await app.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
