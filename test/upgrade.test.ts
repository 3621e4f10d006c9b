import { execFile } from 'node:child_process';
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { loadDatabase, loadRedis } from './fixtures/upgrade/dump.js';
import { ask } from './fixtures/upgrade/questions.js';
import {
  hashOf,
  presentMigrations,
  readRelease,
  releases,
  writeObjects,
  type Question,
} from './fixtures/upgrade/release.js';
import { root } from '../tools/dev/install.mjs';
import { refused } from './harness/answers.js';
import type { TestDatabase } from './harness/database.js';
import { bareEnvironment } from './harness/env.js';
import type { Comment, CommentThread, Page, Post, Session } from './harness/contract.js';
import { Person } from './harness/people.js';
import { startStack, type Stack } from './harness/stack.js';
import { Raw } from './harness/tus.js';
import { servers } from './harness/servers.js';

const run = promisify(execFile);

/** Simulates that release's Redis still running: sets its fingerprint to that of the current one. */
async function sameRedis(stack: Pick<Stack, 'database' | 'redis'>): Promise<void> {
  const [server, replication] = await Promise.all([
    stack.redis.client().info('server'),
    stack.redis.client().info('replication'),
  ]);
  const life = `${/run_id:(\w+)/.exec(server)?.[1]}/${/master_replid:(\w+)/.exec(replication)?.[1]}`;
  await stack.database.query('UPDATE redis_epoch SET fingerprint = $1', [life]);
}

/** From then on api and worker have a role of their own, which that release did not know. */
const migrate = ({ url, operatorUrl }: TestDatabase) =>
  run(process.execPath, [join(root, 'dist', 'apps', 'cli', 'src', 'main.js'), 'migrate'], {
    env: { ...bareEnvironment(), DATABASE_URL: url, DATABASE_DIRECT_URL: operatorUrl },
  });

/** A failed post showed none of its photos; now it shows them, including the rejected one. */
function asNow(answer: unknown): unknown {
  const { items, nextCursor, prevCursor } = answer as Partial<Page<Post>>;
  // Positions are sealed now; those that were given out go on.
  const sealed = (cursor: string | null) => (cursor === null ? null : expect.any(String));
  const rejected = ({ failure }: Post) => [
    expect.objectContaining({ id: failure?.photoId, state: 'rejected' }),
  ];
  return {
    ...(answer as object),
    ...(nextCursor !== undefined && { nextCursor: sealed(nextCursor) }),
    ...(prevCursor !== undefined && { prevCursor: sealed(prevCursor) }),
    ...(items && {
      items: items.map((item) => (item.state === 'failed' ? { ...item, photos: rejected(item) } : item)),
    }),
  };
}

describe.each(releases)('an instance of %s', (version) => {
  const release = readRelease(version);
  const { clients } = release;

  test('had the migrations that are still there, unchanged', () => {
    const present = new Map(presentMigrations().map(({ file, sha256 }) => [file, sha256]));
    expect(release.migrations.map(({ file }) => ({ file, sha256: present.get(file) }))).toEqual(
      release.migrations,
    );
  });

  describe.each(['with its Redis', 'with an empty Redis'])('%s', (redis) => {
    let stack: Stack;
    const people = new Map<string, Person>();
    const the = (name: string): Person => {
      const person = people.get(name);
      if (!person) throw new Error(`expected ${name} to be signed in but nobody is`);
      return person;
    };

    beforeAll(async () => {
      const objects = join(servers().folder, `objects-${version}-${redis.split(' ')[1]}`);
      mkdirSync(objects);
      writeObjects(objects, release.objects);
      stack = await startStack({
        env: { ...release.secrets, STORAGE_DIR: objects },
        filled: async (empty) => {
          await loadDatabase(empty.database.operatorUrl, release);
          await migrate(empty.database);
          if (redis === 'with an empty Redis') return;
          await loadRedis(empty.redis.client(), release.redis);
          await sameRedis(empty);
        },
      });
      await stack.quiet();
    });
    afterAll(() => stack.stop());

    const refresh = (refreshToken: string) =>
      request(stack.url).post('/v1/sessions/refresh').send({ refreshToken });

    test('asks for another access token, and refreshes every session', async () => {
      for (const [name, { user, session }] of Object.entries(clients.people)) {
        const old = new Person(stack, user, session);
        refused(await old.request('get', '/v1/me'), 401, 'token_expired');
        const response = await refresh(session.refreshToken).expect(200);
        people.set(name, new Person(stack, user, (response.body as { session: Session }).session));
      }
    });

    test('answers the same successor to a client that lost it, and nothing to sessions that are over', async () => {
      const response = await refresh(clients.unconfirmed.old).expect(200);
      expect((response.body as { session: Session }).session.refreshToken).toBe(
        clients.unconfirmed.successor,
      );
      for (const token of clients.ended) refused(await refresh(token), 401, 'session_ended');
    });

    test('has carried out what it owed', async () => {
      const { owed } = clients;
      const { items } = await the(owed.reader).feed();
      expect(items[0]).toMatchObject({ id: owed.post, state: 'published' });
      const liked = await the(owed.author).see({ id: owed.liked });
      expect(liked.counts.likes).toBe(owed.likes);
    });

    test('answers every question as before: rows, counts, feeds, and pages by the cursors that it gave', async () => {
      const changed = new Set([clients.owed.author, clients.owed.reader]);
      for (const { by, path, status, answer } of clients.questions.filter(isLasting)) {
        const now = await ask(stack, by === null ? null : the(by), path);
        // v1 grows: added fields are no difference.
        expect(now, `${by} ${path}`).toMatchObject({ path, status, answer: asNow(answer) });
      }

      /** Pending work changes the data of its author and reader, which is checked above. */
      function isLasting({ by, path, answer }: Question): boolean {
        if (by !== null && changed.has(by)) return false;
        // Sessions have been refreshed; Edsger's like was pending, too.
        if (path.startsWith('/v1/sessions') || (by === 'edsger' && path.startsWith('/v1/me/liked')))
          return false;
        return !JSON.stringify(answer).includes(clients.people[clients.owed.author]?.user.id ?? '');
      }
    });

    test('serves every object at the path that it had, to addresses that are signed anew', async () => {
      const { items } = await the('grace').feed({ limit: 50 });
      const fresh = items.flatMap(({ photos }) =>
        photos.map((photo) => new URL(photo.renditions?.w320.url ?? '')),
      );
      for (const { url, sha256 } of clients.media) {
        const [path] = url.split('?');
        const answer = url.includes('/original')
          ? await the('ada').request('get', url).buffer(true)
          : await request(stack.url)
              .get(`${path}${fresh.find(({ pathname }) => pathname === path)?.search}`)
              .buffer();
        expect([answer.status, hashOf(answer.body as Buffer)]).toEqual([200, sha256]);
      }
    });

    test('goes on with an upload where it stopped', async () => {
      const { upload } = clients;
      const bytes = Buffer.from(upload.bytes, 'base64');
      const raw = new Raw(stack, upload.location);
      expect((await raw.head().expect(200)).headers['upload-offset']).toBe(String(upload.received));
      const done = await raw.patch(upload.received, bytes.subarray(upload.received)).expect(204);
      const photo = await the(upload.by).settled({ id: String(done.headers['narwhal-photo-id']) });
      expect(photo.state).toBe('ready');
    });

    test('answers a repeated request with what the first one made', async () => {
      const { by, path, body, key, id } = clients.repeated;
      const again = await the(by).request('post', path, body).set('Idempotency-Key', key);
      expect([again.status, (again.body as Comment).id]).toEqual([201, id]);
    });

    test('shows its comments as threads, and takes replies to their replies', async () => {
      const asked = clients.questions.find(
        ({ by, path }) => by === 'grace' && path.endsWith('/comments?limit=2'),
      );
      const path = `${asked?.path.split('?')[0]}`;
      const { items: old } = (await the('grace').request('get', path).expect(200)).body as Page<Comment>;
      const [root, first, second, gap] = old.map(({ id }) => id);
      const read = async () =>
        ((await the('grace').request('get', `${path}?sort=oldest`).expect(200)).body as Page<CommentThread>)
          .items;
      const before = await read();
      expect(before.map(({ id }) => id)).toEqual([root, gap]);
      expect(before[0]?.replies).toMatchObject({ count: 2, first: [{ id: first }, { id: second }] });
      const said = await the('tony').comment({ id: `${path.split('/')[3]}` }, 'Gladly', { id: `${second}` });
      await stack.quiet();
      expect((await read())[0]?.replies.count).toBe(3);
      const below = await the('grace').request('get', `/v1/comments/${root}/replies`).expect(200);
      expect((below.body as Page<Comment>).items.map(({ id }) => id)).toEqual([first, second, said.id]);
    });

    test('takes new posts', async () => {
      const [ada, grace] = [the('ada'), the('grace')];
      const said = await grace.comment({ id: String(clients.repeated.path.split('/')[3]) }, 'Still here');
      expect(BigInt(said.id)).toBeGreaterThan(BigInt(clients.owed.post));
      await stack.quiet();
      const { items } = (await ada.request('get', '/v1/notifications').expect(200)).body as Page<{
        type: string;
      }>;
      expect(items[0]?.type).toBe('comment');
    });
  });
});
