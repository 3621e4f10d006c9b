import crypto, { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { limits } from '../../../libs/platform/src/limits.ts';
import { MediaUrls } from '../../../libs/platform/src/media-urls.ts';
import { problem } from '../../../libs/platform/src/problems.ts';
import { renditions } from '../../../libs/platform/src/photos/renditions.ts';

interface EdgeRequest {
  uri: string;
  querystring: Record<string, { value: string; multiValue?: unknown }>;
}
type Answer = EdgeRequest & { statusCode?: number; body?: string };
type Handler = (event: { request: EdgeRequest; context: { requestId: string } }) => Promise<Answer>;

const source = readFileSync(new URL('../lib/check-media-url.js', import.meta.url), 'utf8');

/** The function as CloudFront runs it, with its two modules put in by hand. */
function load(keys: Record<string, string>): Handler {
  const get = (id: string) =>
    keys[id] ? Promise.resolve(keys[id]) : Promise.reject(new Error('KeyNotFound'));
  const body = `${source.replace(/^import .*$/gm, '')}\nreturn handler;`;
  // The program under test is text that another runtime runs.
  // eslint-disable-next-line typescript/no-implied-eval
  return new Function('cf', 'crypto', body)({ kvs: () => ({ get }) }, crypto) as Handler;
}

const [k1, k2] = [randomBytes(32).toString('hex'), randomBytes(32).toString('hex')];
const handler = load({ k1, k2 });
const folder = 'ab/0123456789abcdef0123456789abcd';
const urls = (id: string, secret: string) => new MediaUrls('https://media.example.org', [{ id, secret }]);

function ask(url: string): Promise<Answer> {
  const { pathname: uri, searchParams } = new URL(url);
  const querystring = Object.fromEntries([...searchParams].map(([name, value]) => [name, { value }]));
  return handler({ request: { uri, querystring }, context: { requestId: 'request-1' } });
}

function refusal({ statusCode, body }: Answer) {
  return { statusCode, ...(JSON.parse(body ?? '{}') as { code: string; detail: string }) };
}

const url = urls('k1', k1).url(folder, 'w1080.webp');

describe('the check at the edge', () => {
  test('opens what the api signed with any key of the ring, and asks S3 for its key alone', async () => {
    for (const signed of [url, urls('k2', k2).url(folder, 'w1080.webp')]) {
      expect(await ask(signed)).toEqual({ uri: `/${folder}/w1080.webp`, querystring: {} });
    }
  });

  test('opens every rendition, and nothing else that lies in the bucket', async () => {
    for (const { file } of Object.values(renditions)) {
      expect(await ask(urls('k1', k1).url(folder, file))).toMatchObject({ uri: `/${folder}/${file}` });
    }
    for (const file of ['original', 'original.webp', 'w1080xwebp', '../w1080.webp']) {
      expect(refusal(await ask(urls('k1', k1).url(folder, file)))).toMatchObject({ code: 'url_invalid' });
    }
  });

  test('refuses an expired URL as the api does', async () => {
    const old = urls('k1', k1).url(folder, 'w1080.webp', Date.now() - 3 * limits.media.validFor * 1000);
    const { status, detail } = problem('url_expired');
    expect(refusal(await ask(old))).toMatchObject({
      statusCode: status,
      code: 'url_expired',
      detail,
      requestId: 'request-1',
    });
  });

  test.each([
    ['another folder', url.replace('ab/0', 'ab/1')],
    ['a later expiry', url.replace(/e=\d/, 'e=9')],
    ['an expiry in another form', url.replace('e=', 'e=0')],
    ['a key that nobody has', url.replace('k=k1', 'k=k3')],
    ['another key of the ring', url.replace('k=k1', 'k=k2')],
    ['an empty signature', url.replace(/s=.*/, 's=')],
    ['a longer signature', `${url}A`],
    [
      'the bits of base64 that mean nothing',
      url.replace(/.$/, (last) => ({ A: 'B', Q: 'R', g: 'h', w: 'x' })[last] ?? '-'),
    ],
    ['something behind it', `${url}&x=1`],
    ['no query', url.replace(/\?.*/, '')],
  ])('refuses %s', async (_, altered) => {
    const { status, detail } = problem('url_invalid');
    expect(refusal(await ask(altered))).toMatchObject({ statusCode: status, code: 'url_invalid', detail });
  });

  test('is as small as CloudFront asks', () => {
    expect(Buffer.byteLength(source)).toBeLessThan(10 * 1024);
  });
});
