import { execFile } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../tools/dev/install.mjs';
import { admin } from './harness/admin-command.js';
import { refused } from './harness/answers.js';
import type { Page, Photo, Session } from './harness/contract.js';
import { signUp, type Person, type Server } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { Nginx, nginxInstalled } from './harness/nginx.js';
import { patient } from './harness/pace.js';
import { servers } from './harness/servers.js';
import { startStack, type Stack } from './harness/stack.js';
import { StreamClient } from './harness/stream-client.js';

const run = promisify(execFile);

const key = (id: string) => `${id}:${randomBytes(32).toString('hex')}`;
const [old, next] = [key('old'), key('next')];
const both = (first: string, last: string) => ({
  TOKEN_KEYS: `${first},${last}`,
  MEDIA_KEYS: `${first},${last}`,
});

let stack: Stack;
let ada: Person;
let photo: Photo;
beforeAll(async () => {
  stack = await startStack({ env: { TOKEN_KEYS: old, MEDIA_KEYS: old } });
  ada = await signUp(stack, 'ada');
  photo = await ada.upload(await drawn());
  for (const caption of ['one', 'two'])
    await ada.post([await ada.upload(await drawn({ seed: caption.length }))], { caption });
});
afterAll(() => stack.stop());

const me = ({ url }: Server, { accessToken } = ada.session) =>
  request(url).get('/v1/me').set('Authorization', `Bearer ${accessToken}`);
const shown = ({ url }: Server, { renditions } = photo) => {
  const { pathname, search } = new URL(renditions?.w320.url ?? '');
  return request(url).get(pathname + search);
};
const feed = ({ url }: Server, query: string, { accessToken } = ada.session) =>
  request(url).get(`/v1/feed?limit=1${query}`).set('Authorization', `Bearer ${accessToken}`);
async function refresh({ url }: Server, { refreshToken } = ada.session): Promise<Session> {
  const { body } = await request(url).post('/v1/sessions/refresh').send({ refreshToken }).expect(200);
  return (body as { session: Session }).session;
}

test('keys that are appended, moved to the front, and left alone turn without anybody noticing', async () => {
  const appended = await stack.guest(both(old, next));
  const moved = await stack.guest(both(next, old));
  const { nextCursor } = (await feed(stack, '').expect(200)).body as Page<object>;
  for (const api of [appended, moved]) {
    await me(api).expect(200);
    await shown(api).expect(200);
    await feed(api, `&cursor=${nextCursor}`).expect(200);
  }
  // Between the two steps, some processes sign by the new key while others have only appended it.
  const session = await refresh(moved);
  await me(appended, session).expect(200);
  refused(await me(stack, session), 401, 'token_invalid');
});

test('keys that are replaced at once end tokens and addresses, and sign nobody out', async () => {
  const lin = await signUp(stack, 'lin');
  const picture = await lin.upload(await drawn({ seed: 9 }));
  const replaced = await stack.guest({ TOKEN_KEYS: next, MEDIA_KEYS: next });
  refused(await me(replaced, lin.session), 401, 'token_invalid');
  const session = await refresh(replaced, lin.session);
  await me(replaced, session).expect(200);
  expect((await shown(replaced, picture)).status).toBe(403);
  const { body } = await request(replaced.url)
    .get(`/v1/photos/${picture.id}`)
    .set('Authorization', `Bearer ${session.accessToken}`)
    .expect(200);
  await shown(replaced, body as Photo).expect(200);
});

describe.skipIf(!nginxInstalled)('narwhal keys rotate', () => {
  let crowd: Stack;
  let nginx: Nginx;
  let lin: Person;
  const files = {} as Record<'TOKEN_KEYS_FILE' | 'MEDIA_KEYS_FILE', string>;
  const media = () => ({ MEDIA_KEYS_FILE: files.MEDIA_KEYS_FILE, STORAGE_DIR: crowd.objects });
  const ring = () => readFileSync(files.TOKEN_KEYS_FILE, 'utf8').trim().split(',');

  beforeAll(async () => {
    const folder = mkdtempSync(join(servers().folder, 'keys-'));
    for (const name of ['TOKEN_KEYS_FILE', 'MEDIA_KEYS_FILE'] as const)
      writeFileSync((files[name] = join(folder, name)), `${key('k1')}\n`, { mode: 0o640 });
    crowd = await startStack({
      api: 2,
      env: { ...files, TOKEN_KEYS: '', MEDIA_KEYS: '', TRUSTED_PROXIES: '127.0.0.1' },
    });
    const apis = crowd.apis.map(({ url }) => new URL(url).host);
    nginx = await Nginx.start('nginx-keys', { settings: media(), apis });
    lin = await signUp(nginx, 'lin');
  });
  afterAll(async () => {
    await nginx?.stop();
    await crowd?.stop();
  });

  async function keys(...words: string[]): Promise<string> {
    const program = join(root, 'dist/apps/cli/src/main.js');
    const env = { ...crowd.api.settings, DATABASE_DIRECT_URL: crowd.database.operatorUrl };
    const { stdout } = await run(process.execPath, [program, 'keys', ...words], { env });
    return stdout.trim();
  }

  /** As the package does after each step: workers, then one api after the other, then NGINX. */
  async function roll(): Promise<void> {
    const [one, other] = crowd.apis;
    await Promise.all([crowd.worker.restart(), one?.restart()]);
    await other?.restart();
    nginx.reload({ settings: media(), apis: crowd.apis.map(({ url }) => new URL(url).host) });
  }

  test(
    'turns the keys under load without a failed request: feeds, likes, posts, cursors, addresses of photos, a stream',
    async () => {
      const picture = await lin.upload(await drawn({ seed: 5 }));
      const post = await lin.post([picture], { caption: 'one' });
      await lin.post([await lin.upload(await drawn({ seed: 6 }))], { caption: 'two' });
      const { nextCursor } = (await feed(nginx, '', lin.session).expect(200)).body as Page<object>;
      const faults: string[] = [];
      let going = true;
      let asked = 0;
      const acts = [
        () => feed(nginx, '', lin.session),
        () => feed(nginx, `&cursor=${nextCursor}`, lin.session),
        () => shown(nginx, picture),
        () => lin.request('put', `/v1/posts/${post.id}/like`),
        () =>
          lin
            .request('post', `/v1/posts/${post.id}/comments`, { text: 'seen' })
            .set('Idempotency-Key', randomUUID()),
      ];
      const lanes = acts.map(async (act) => {
        for (; going; asked += 1) {
          const { status, text } = await act();
          if (status >= 300) faults.push(`${status} ${text}`);
          await sleep(20);
        }
      });
      const refreshed = { ...lin.session };
      let streams = 0;
      // As packages/client does: a stream that a restarting api ends is opened anew where it was, later where an api that ends says so.
      const listening = (async () => {
        for (let lastId: string | null = null; going; streams += 1) {
          const stream: StreamClient = await StreamClient.open(lin, { lastId });
          const later = Number(stream.headers.get('retry-after'));
          if (stream.status === 503 && later > 0) {
            await sleep(later * 1_000);
            continue;
          }
          if (stream.status !== 200) faults.push(`stream ${stream.status}`);
          while (going && !stream.ended) await sleep(50);
          lastId = stream.lastId;
          stream.close();
        }
      })();

      try {
        expect(await keys('rotate')).toContain('waits to sign');
        await expect(keys('rotate')).rejects.toThrow(/do not verify by them: (api|worker) \d+ on /);
        await roll();
        expect(await keys('rotate')).toContain('signs, once');
        await roll();
      } finally {
        going = false;
        await Promise.all([...lanes, listening]);
      }
      console.log(`${asked} requests and ${streams} streams while the keys turned, ${faults.length} failed`);
      expect(faults.slice(0, 3)).toEqual([]);
      expect(ring().map((each) => each.split(':')[0])).toEqual([expect.stringMatching(/^\d{6}a$/), 'k1']);
      const session = await refresh(nginx, refreshed);
      expect(Buffer.from(session.accessToken, 'base64url').toString()).not.toContain('k1');
      await me(nginx, session).expect(200);
      await me(nginx, lin.session).expect(200);
    },
    patient(240_000),
  );

  test('is on the record, and lists what there is without a value', async () => {
    const said = await admin(crowd, 'audit');
    expect(said).toMatch(/ keys\.rotated of the instance by .* {"name":"MEDIA_KEYS","operator":"/);
    const list = await keys();
    expect(list).toMatch(/^TOKEN_KEYS {2}\S+ {2}since \d{4}-\d\d-\d\d, due \d{4}-\d\d-\d\d$/m);
    expect(list).toMatch(/^DATABASE_URL {2}in the environment$/m);
    expect(list).not.toContain(ring()[0]?.split(':')[1]);
    await expect(keys('rotate', 'SENTRY_DSN')).rejects.toThrow(
      'SENTRY_DSN is not ours to turn: Sentry gives another',
    );
  });

  test('turns at once what all stops before it starts, as `up` does', async () => {
    expect(await keys('rotate', 'MEDIA_KEYS', '--at-once')).toContain('hold from the next start on');
    expect(readFileSync(files.MEDIA_KEYS_FILE, 'utf8')).toMatch(/^\d{6}b:\w+,\d{6}a:\w+,k1:\w+\n$/);
  });
});
