import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { commentedJpeg, hostile, odd } from './fixtures/hostile.js';
import { refused } from './harness/answers.js';
import type { Photo, ProblemBody } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn, photograph, photographsAreHere } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';
import { root } from '../tools/dev/install.mjs';
import { patient } from './harness/pace.js';

vi.setConfig({ testTimeout: patient(300_000) });

const MiB = 1024 * 1024;

if (!photographsAreHere) console.warn('Tests of broken photographs are skipped: ../shared/photos is absent');
const broken = photographsAreHere ? readdirSync(join(root, '..', 'shared', 'photos', 'broken')) : [];

/** Internals that no uploader may see: paths, stacks, the names and messages of the decoders. */
const OURS =
  /vips|libheif|heif|libpng|libjpeg|sharp|node_modules|\/tmp|\/home|\.js\b|\.ts:|Error:|\bat \S+ \(/i;

let stack: Stack;
let ada: Person;
let grace: Person;
let seed = 7_000;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
});

const picture = () => drawn({ width: 320, height: 240, seed: (seed += 1) });

/** `unsupported_media_type`, `ready`, or the code of its rejection; also checks that no internals leak. */
async function outcomeOf(bytes: Buffer): Promise<string> {
  const test = ada.request('post', '/v1/photos');
  const sent = await test.attach('file', bytes, { filename: 'holiday.jpg', contentType: 'image/jpeg' });
  expect(sent.text).not.toMatch(OURS);
  if (sent.status >= 400) return refused(sent, 415, 'unsupported_media_type').code;
  const photo = await ada.settled(sent.body as Photo, 100_000);
  const shown = await ada.request('get', `/v1/photos/${photo.id}`);
  expect(shown.text.replaceAll(stack.url, '')).not.toMatch(OURS);
  return photo.rejection?.code ?? photo.state;
}

/** Each beside another user's good photo, which is still developed; all in the original worker. */
async function outcomesOf(makes: [string, () => Buffer | Promise<Buffer>][]): Promise<Map<string, string>> {
  const { pid } = stack.worker;
  const outcomes = new Map<string, string>();
  for (const [name, make] of makes) {
    const [outcome, beside] = await Promise.all([outcomeOf(await make()), grace.upload(await picture())]);
    expect([name, beside.state]).toEqual([name, 'ready']);
    outcomes.set(name, outcome);
  }
  expect(stack.worker.pid).toBe(pid);
  expect(await grace.upload(await picture())).toMatchObject({ state: 'ready' });
  return outcomes;
}

const REFUSED =
  /^(unsupported_media_type|not_a_photo|format_not_supported|photo_damaged|too_many_pixels|too_complex)$/;

describe('whoever sends what is no good photo', () => {
  test('is told why by a code, and hurts nobody: made to do harm', async () => {
    const outcomes = await outcomesOf(Object.entries(hostile));
    for (const outcome of outcomes) expect(outcome).toEqual([outcome[0], expect.stringMatching(REFUSED)]);
    const codes = Object.fromEntries(outcomes);
    expect(codes).toMatchObject({
      TIFF: 'unsupported_media_type',
      'a TIFF of 268 MP in a few kB': 'unsupported_media_type',
      SVG: 'unsupported_media_type',
      PDF: 'unsupported_media_type',
      HTML: 'unsupported_media_type',
      ZIP: 'unsupported_media_type',
      'a PNG that declares 2.5 gigapixels': 'too_many_pixels',
    });
  });

  test('may send what is odd, of which nothing comes out', async () => {
    for (const [name, outcome] of await outcomesOf(Object.entries(odd)))
      expect([name, outcome]).toEqual([name, 'ready']);
  });

  test.skipIf(!photographsAreHere)(
    'is told why by a code, and hurts nobody: everything that is broken',
    async () => {
      const outcomes = await outcomesOf(
        broken.map((name) => [name, () => photograph(join('broken', name)).bytes]),
      );
      expect(outcomes.size).toBeGreaterThan(8);
      for (const outcome of outcomes) expect(outcome).toEqual([outcome[0], expect.stringMatching(REFUSED)]);
    },
    300_000,
  );

  test('is refused by the size of a comment of 100 MB, at once', async () => {
    const bytes = await commentedJpeg(100 * MiB);
    const response = await fetch(`${stack.url}/v1/photos`, {
      method: 'POST',
      headers: { authorization: `Bearer ${ada.session.accessToken}` },
      body: form(bytes),
    });
    const { code, params } = (await response.json()) as ProblemBody;
    expect([response.status, code, params]).toEqual([413, 'photo_too_large', { limit: 50 * MiB }]);
  });

  test('has the reason in the log of who runs this', async () => {
    const before = stack.worker.log().length;
    expect(await outcomeOf((await picture()).bytes.subarray(0, 4_000))).toBe('photo_damaged');
    const said = stack.worker.log().slice(before);
    expect(said).toContain('a photo is rejected');
    // The log has the child's finding, not only the code that the owner reads.
    expect(said).toMatch(/"reason":"[^"]*premature end of/);
  });
});

function form(bytes: Buffer): FormData {
  const body = new FormData();
  body.append('file', new Blob([new Uint8Array(bytes)], { type: 'image/jpeg' }), 'holiday.jpg');
  return body;
}
