import { createHash, randomBytes } from 'node:crypto';
import { Agent, request as httpRequest } from 'node:http';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Photo, ProblemBody } from './harness/contract.js';
import { Nginx, nginxInstalled } from './harness/nginx.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

vi.setConfig({ testTimeout: patient(180_000) });

if (!nginxInstalled) console.warn('media tests are skipped: install nginx to run them');

const secret = randomBytes(32).toString('hex');
const next = randomBytes(32).toString('hex');
const agent = new Agent({ keepAlive: true, maxSockets: 24 });

/** NGINX's own recipe, implemented separately: md5 over folder, expiry, key and secret. */
function signed(folder: string, file: string, expiry: number, key = 'test', by = secret): string {
  const digest = createHash('md5').update(`${folder} ${expiry} ${key} ${by}`).digest('base64url');
  return `/media/${folder}/${file}?e=${expiry}&k=${key}&s=${digest}`;
}

const newFolder = () => randomBytes(16).toString('hex').replace(/^../, '$&/');
const inAnHour = () => Math.floor(Date.now() / 1000) + 3_600;

/** Fast enough for tens of thousands: sends the path unchanged, and returns only the status. */
function statusOf(origin: string, path: string): Promise<number> {
  const { hostname, port } = new URL(origin);
  return new Promise((resolve, reject) => {
    httpRequest({ hostname, port, path, agent }, (response) => {
      response.resume().on('end', () => resolve(response.statusCode ?? 0));
    })
      .on('error', reject)
      .end();
  });
}

function pathOf(url: string): string {
  const { pathname, search } = new URL(url);
  return pathname + search;
}

async function codeOf(url: string): Promise<[number, string]> {
  const response = await fetch(url);
  const body = (await response.json()) as ProblemBody;
  expect(response.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(response.headers.get('access-control-allow-origin')).toBe('*');
  return [response.status, body.code];
}

describe.skipIf(!nginxInstalled)('media, by NGINX and by the api alike', () => {
  let stack: Stack;
  let nginx: Nginx;
  let ada: Person;
  let photo: Photo;
  const settings = (keys: string) => ({ MEDIA_KEYS: keys, STORAGE_DIR: stack.objects });
  /** Requests one URL from both. */
  const both = (url: string) => {
    const { pathname, search } = new URL(url, stack.url);
    return [`${nginx.url}${pathname}${search}`, `${stack.url}${pathname}${search}`];
  };

  beforeAll(async () => {
    stack = await startStack({ env: { MEDIA_KEYS: `test:${secret}` } });
    nginx = await Nginx.start('nginx', { settings: settings(`test:${secret}`) });
    ada = await signUp(stack, 'ada');
    photo = await ada.upload(await drawn({ seed: 5 }));
  });
  afterAll(async () => {
    agent.destroy();
    await nginx?.stop();
    await stack?.stop();
  });

  test('is the same bytes and type, with ranges, and kept by clients', async () => {
    for (const { url, type } of Object.values(photo.renditions ?? {})) {
      const answers = await Promise.all(both(url).map((each) => fetch(each)));
      const [one, two] = await Promise.all(
        answers.map(async (each) => Buffer.from(await each.arrayBuffer())),
      );
      expect(one?.equals(two ?? Buffer.alloc(0))).toBe(true);
      for (const { headers, status } of answers) {
        expect([status, headers.get('content-type')]).toEqual([200, type]);
        expect(headers.get('cache-control')).toBe('private, max-age=86400, immutable');
        expect(headers.get('etag')).toBeTruthy();
      }
      for (const each of both(url)) {
        const part = await fetch(each, { headers: { range: 'bytes=5-9' } });
        expect(part.status).toBe(206);
        expect(Buffer.from(await part.arrayBuffer()).equals(one?.subarray(5, 10) ?? Buffer.alloc(0))).toBe(
          true,
        );
      }
    }
  });

  test('is refused with 403 after any alteration of one character, by every other one in every place', async () => {
    const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_.';
    const altered: string[] = [];
    // Even a position that is the same in all URLs meets every other character: 31 has no common divisor with the alphabet's length.
    for (let index = 0; index < alphabet.length; index += 1) {
      const path = signed(newFolder(), 'w320.webp', inAnHour());
      for (let at = '/media/'.length; at < path.length; at += 1) {
        const other = alphabet.replaceAll(path[at] ?? '', '');
        const character = other[(index * 31 + at * 7) % other.length] ?? '';
        altered.push(path.slice(0, at) + character + path.slice(at + 1));
      }
    }
    // The last character of a signature: every other one, since only two of its six bits count.
    for (const character of alphabet)
      altered.push(
        signed(newFolder(), 'w320.webp', inAnHour()).replace(/.$/, (last) =>
          last === character ? '_' : character,
        ),
      );
    const wrong: string[] = [];
    const take = async (origin: string, paths: string[]) => {
      for (let path = paths.pop(); path !== undefined; path = paths.pop()) {
        const status = await statusOf(origin, path);
        if (status !== 403) wrong.push(`${status} ${origin}${path}`);
      }
    };
    await Promise.all(
      [nginx.url, stack.url].flatMap((origin) => {
        const paths = [...altered];
        return Array.from({ length: 12 }, () => take(origin, paths));
      }),
    );
    expect(wrong.slice(0, 5)).toEqual([]);
    expect(altered.length).toBeGreaterThan(5_000);
  });

  test('says whether a URL expired or was never ours', async () => {
    const { pathname } = new URL(photo.renditions?.w320.url ?? '');
    const [, fan = '', rest = ''] = /^\/media\/(..)\/(.{30})\//.exec(pathname) ?? [];
    const folder = `${fan}/${rest}`;
    for (const url of both(signed(folder, 'w320.webp', inAnHour() - 7_200)))
      expect(await codeOf(url)).toEqual([403, 'url_expired']);
    const strangers = [
      signed(folder, 'w320.webp', inAnHour(), 'test', randomBytes(32).toString('hex')),
      signed(folder, 'w320.webp', inAnHour(), 'other', ''),
      signed(folder, 'original', inAnHour()),
      pathname,
    ];
    for (const url of strangers.flatMap(both)) expect(await codeOf(url)).toEqual([403, 'url_invalid']);
    for (const url of both(signed(newFolder(), 'w320.webp', inAnHour())))
      expect(await codeOf(url)).toEqual([404, 'not_found']);
  });

  test('keeps URLs good that were handed out before the keys turned', async () => {
    await nginx.configure({ settings: settings(`next:${next},test:${secret}`) });
    const [url = ''] = both(photo.renditions?.w640.url ?? '');
    expect((await fetch(url)).status).toBe(200);
    const { pathname } = new URL(url);
    const folder = pathname.slice('/media/'.length, '/media/'.length + 33);
    expect((await fetch(nginx.url + signed(folder, 'w640.webp', inAnHour(), 'next', next))).status).toBe(200);
    await nginx.configure({ settings: settings(`next:${next}`) });
    expect(await codeOf(url)).toEqual([403, 'url_invalid']);
    await nginx.configure({ settings: settings(`test:${secret}`) });
  });

  test('ends when its photo is deleted, however often it was asked for', async () => {
    const [url = '', own = ''] = both(photo.renditions?.w1080.url ?? '');
    for (let time = 0; time < 20; time += 1) expect(await statusOf(nginx.url, pathOf(url))).toBe(200);
    await ada.request('delete', `/v1/photos/${photo.id}`).expect(204);
    await stack.quiet();
    // NGINX keeps it open, and checks once a second whether it still exists.
    await expect.poll(() => statusOf(nginx.url, pathOf(url)), { timeout: patient(20_000) }).toBe(404);
    expect(await codeOf(url)).toEqual([404, 'not_found']);
    expect(await codeOf(own)).toEqual([404, 'not_found']);
  });
});
