import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { NestFactory } from '@nestjs/core';
import { JobSender, readConfig, type Id } from '@app/platform';
import { UnitOfWork } from '@app/storage';
import { WorkerModule } from '../../apps/worker/src/worker.module.js';
import { freshDatabase, type TestDatabase } from './database.js';
import { freshRedis } from './redis.js';

type Class<One> = new (...given: never[]) => One;

/** The worker's classes on a database and a Redis of their own; nothing receives jobs or sweeps unless a spec does. */
export interface WorkerRoom {
  database: TestDatabase;
  work: UnitOfWork;
  jobs: JobSender;
  get<One>(type: Class<One>): One;
  person(isPrivate?: boolean): Promise<Id>;
  postOf(author: Id): Promise<Id>;
  /** The outbox rows that wait: id, kind and subject. */
  outbox(): Promise<{ id: Id; kind: string; subject_id: Id }[]>;
  close(): Promise<void>;
}

export async function workerRoom(settings: Record<string, string> = {}): Promise<WorkerRoom> {
  const database = await freshDatabase();
  const folder = await mkdtemp(join(tmpdir(), 'narwhal-worker-'));
  const keyring = `spec:${'5'.repeat(64)}`;
  const config = readConfig({
    DATABASE_URL: database.url,
    REDIS_URL: await freshRedis(),
    TOKEN_KEYS: keyring,
    MEDIA_KEYS: keyring,
    STORAGE_DIR: folder,
    MAIL_DIR: join(folder, 'mail'),
    LOG_LEVEL: 'silent',
    ...settings,
  });
  const app = await NestFactory.createApplicationContext(WorkerModule.with(config), { logger: false });
  const jobs = app.get(JobSender);
  const idOf = async (sql: string, values: unknown[]): Promise<Id> => {
    const [row] = await database.query<{ id: Id }>(sql, values);
    return row?.id ?? '';
  };
  let people = 0;
  return {
    database,
    jobs,
    work: app.get(UnitOfWork),
    get: (type) => app.get(type),
    person: (isPrivate = false) =>
      idOf(
        `INSERT INTO users (shard, id, username, email, password_hash, private)
         SELECT shard_of(id), id, $1, $1, '', $2 FROM next_id($3) AS id RETURNING id`,
        [`person${(people += 1)}`, isPrivate, people % 7],
      ),
    postOf: (author) =>
      idOf(
        `INSERT INTO posts (shard, id, author_id, state, fanned_out, published_at)
         SELECT shard_of($1::bigint), next_id(shard_of($1::bigint)), $1, 'published', true, now() RETURNING id`,
        [author],
      ),
    outbox: () => database.query('SELECT id, kind, subject_id FROM outbox ORDER BY id'),
    close: async () => {
      await jobs.close();
      await app.close();
      await database.close();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
