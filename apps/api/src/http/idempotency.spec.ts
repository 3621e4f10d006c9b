import { createLogger, JobSender, type Config } from '@app/platform';
import {
  CountRows,
  Database,
  IdempotencyRows,
  OutboxRows,
  PopularRows,
  SearchWords,
  UnitOfWork,
} from '@app/storage';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { openDatabase } from '../../../../test/harness/open-database.js';
import { freshRedis } from '../../../../test/harness/redis.js';
import { Idempotency, type Made } from './idempotency.js';

let database: TestDatabase;
let source: Awaited<ReturnType<typeof openDatabase>>;
let jobs: JobSender;
let work: UnitOfWork;
let made = 0;

const process = (...ids: string[]) =>
  new Idempotency(
    { TOKEN_KEYS: ids.map((id) => ({ id, secret: `${id} secret of thirty-two characters` })) } as Config,
    new IdempotencyRows(),
    work,
  );
const request = (key: string, path = '/v1/posts') =>
  ({ headers: { 'idempotency-key': key.padEnd(16, '0') }, url: path }) as unknown as FastifyRequest;
const make = (): Promise<Made> => Promise.resolve({ status: 201, id: String((made += 1)) });

beforeAll(async () => {
  database = await freshDatabase();
  source = await openDatabase(database.url, 8);
  const rows = new Database(source);
  jobs = new JobSender(await freshRedis(), createLogger('spec', 'silent'));
  const counts = new CountRows(rows, new PopularRows(rows), new SearchWords());
  work = new UnitOfWork(rows, new OutboxRows(rows), counts, jobs, {
    committed: () => Promise.resolve(),
    tell: () => undefined,
  });
});
afterAll(async () => {
  await jobs.close();
  await source.destroy();
  await database.close();
});

test('what is asked twice is made once, whichever process is asked', async () => {
  const answers = await Promise.all(
    [process('a'), process('a'), process('a')].map((one) => one.once(request('twice'), { text: 'x' }, make)),
  );
  expect(new Set(answers.map(({ id }) => id)).size).toBe(1);
  expect(answers.filter(({ repeated }) => !repeated)).toHaveLength(1);
});

test('a key belongs to what was sent with it, and to its path', async () => {
  const one = process('a');
  const first = await one.once(request('path'), { text: 'x' }, make);
  await expect(one.once(request('path'), { text: 'y' }, make)).rejects.toMatchObject({
    code: 'idempotency_key_reused',
  });
  expect((await one.once(request('path', '/v1/photos'), { text: 'y' }, make)).id).not.toBe(first.id);
});

test('what was sent is known again after the keys have turned', async () => {
  const first = await process('a').once(request('turn'), { text: 'x' }, make);
  expect(await process('b', 'a').once(request('turn'), { text: 'x' }, make)).toEqual({
    ...first,
    repeated: true,
  });
});

test('a failure leaves no trace of its key', async () => {
  const fails = () => Promise.reject(new Error('no'));
  await expect(process('a').once(request('fails'), {}, fails)).rejects.toThrow('no');
  expect((await process('a').once(request('fails'), {}, make)).repeated).toBe(false);
});

test('a malformed key is refused before anything runs', async () => {
  const short = { headers: { 'idempotency-key': 'short' }, url: '/' } as unknown as FastifyRequest;
  await expect(process('a').once(short, {}, make)).rejects.toMatchObject({ code: 'validation_failed' });
});
