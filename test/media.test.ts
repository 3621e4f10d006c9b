import { createHash } from 'node:crypto';
import request from 'supertest';
import { beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { clockAhead } from './harness/clock.js';
import type { Photo } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let photo: Photo;
let url: URL;

beforeAll(async () => {
  stack = await sharedStack();
  ada = await signUp(stack, 'ada');
  photo = await ada.upload(await drawn({ width: 700, height: 500, seed: 500 }));
  url = new URL(photo.renditions?.w640.url ?? '');
});

const get = (target: URL, server = stack.url) =>
  request(server).get(`${target.pathname}${target.search}`).buffer();

function altered(name: string, value: string): URL {
  const other = new URL(url);
  other.searchParams.set(name, value);
  return other;
}

/** The text with one letter changed to another of its kind. */
function turned(text: string, at: number): string {
  const letter = text[at] ?? '';
  return `${text.slice(0, at)}${letter === 'A' ? 'B' : 'A'}${text.slice(at + 1)}`;
}

describe('a rendition', () => {
  test('is served by its signed address alone, to be kept for a day', async () => {
    for (const { url: address, type } of Object.values(photo.renditions ?? {})) {
      const response = await get(new URL(address)).expect(200);
      expect(response.headers['content-type']).toBe(type);
      expect(Number(response.headers['content-length'])).toBe((response.body as Buffer).length);
      expect(response.headers['cache-control']).toBe('private, max-age=86400, immutable');
      expect(response.headers['access-control-allow-origin']).toBe('*');
      expect(response.headers['x-content-type-options']).toBe('nosniff');
    }
  });

  test('keeps its address over the day, whatever Host the reader used', async () => {
    const response = await ada.request('get', `/v1/photos/${photo.id}`).set('Host', 'evil.example');
    expect((response.body as Photo).renditions).toEqual(photo.renditions);
    expect(url.origin).toBe(stack.url);
  });

  test('has an ETag, and is 304 for who has it', async () => {
    const { headers } = await get(url).expect(200);
    const again = await get(url).set('If-None-Match', String(headers['etag'])).expect(304);
    expect(again.headers['cache-control']).toContain('immutable');
    await get(url).set('If-None-Match', '"another"').expect(200);
  });

  test('is asked about by HEAD', async () => {
    const [whole, head] = [await get(url), await request(stack.url).head(`${url.pathname}${url.search}`)];
    expect(head.status).toBe(200);
    expect(head.headers['content-length']).toBe(whole.headers['content-length']);
    expect(head.headers['etag']).toBe(whole.headers['etag']);
  });

  test('is read in ranges', async () => {
    const whole = (await get(url)).body as Buffer;
    for (const [range, from, to] of [
      ['bytes=0-99', 0, 100],
      ['bytes=100-', 100, whole.length],
      ['bytes=-50', whole.length - 50, whole.length],
      ['bytes=10-99999999', 10, whole.length],
    ] as const) {
      const response = await get(url).set('Range', range).expect(206);
      expect(response.headers['content-range']).toBe(`bytes ${from}-${to - 1}/${whole.length}`);
      expect(digest(response.body as Buffer)).toBe(digest(whole.subarray(from, to)));
    }
    const beyond = await get(url).set('Range', 'bytes=99999999-');
    expect(beyond.status).toBe(416);
    expect(beyond.headers['content-range']).toBe(`bytes */${whole.length}`);
    await get(url).set('Range', 'lines=1-2').expect(200);
    await get(url).set('Range', 'bytes=0-9').set('If-Range', '"another"').expect(200);
  });
});

describe('an address that was altered', () => {
  test('in any letter of its signature is 403', async () => {
    const signature = url.searchParams.get('s') ?? '';
    expect(signature.length).toBeGreaterThan(20);
    for (let at = 0; at < signature.length; at += 1)
      refused(await get(altered('s', turned(signature, at))), 403, 'url_invalid');
    for (const wrong of ['', `${signature}A`, `${signature}=`, signature.toLowerCase(), signature.slice(1)])
      refused(await get(altered('s', wrong)), 403, 'url_invalid');
  });

  test('in its expiry, key or folder is 403', async () => {
    const expiry = Number(url.searchParams.get('e'));
    for (const [name, value] of [
      ['e', String(expiry + 1)],
      ['e', `0${expiry}`],
      ['e', 'never'],
      ['k', 'other'],
    ] as const)
      refused(await get(altered(name, value)), 403, 'url_invalid');
    const elsewhere = new URL(url);
    elsewhere.pathname = url.pathname.replace(/[0-9a-f](?=\/[^/]+$)/, (digit) => (digit === 'a' ? 'b' : 'a'));
    refused(await get(elsewhere), 403, 'url_invalid');
    const bare = new URL(url);
    bare.search = '';
    refused(await get(bare), 403, 'url_invalid');
  });

  test('to another file of the folder finds renditions alone, never the original', async () => {
    for (const file of ['original', 'w9999.webp', '..%2f..%2fsecret']) {
      const other = new URL(`${url.pathname.replace(/[^/]+$/, file)}${url.search}`, stack.url);
      expect([403, 404]).toContain((await get(other)).status);
    }
  });
});

describe('an address', () => {
  test('is good for 24 hours after the answer, and then 403', async () => {
    const nearly = await stack.guest(clockAhead(86_400 - 120));
    await get(url, nearly.url).expect(200);
    const late = await stack.guest(clockAhead(2 * 86_400 + 120));
    const response = await get(url, late.url);
    refused(response, 403, 'url_expired');
    expect(response.headers['cache-control']).toBe('no-store');
  });

  test('ends with its photo', async () => {
    const gone = await ada.upload(await drawn({ width: 200, height: 100, seed: 501 }));
    const address = new URL(gone.renditions?.w320.url ?? '');
    await get(address).expect(200);
    await ada.request('delete', `/v1/photos/${gone.id}`).expect(204);
    await stack.quiet();
    refused(await get(address), 404, 'not_found');
  });
});

function digest(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
