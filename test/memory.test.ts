import { readFileSync } from 'node:fs';
import { request as send } from 'node:http';
import { pipeline } from 'node:stream/promises';
import { Readable } from 'node:stream';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { partEnd, partHead, uploadHeaders } from './harness/wire.js';

const MiB = 1024 * 1024;
const piece = Buffer.alloc(256 * 1024, 7);

let stack: Stack;
let ada: Person;
let start: Buffer;

beforeAll(async () => {
  // No worker: developing fifty photos is not part of this measurement.
  stack = await startStack({ worker: 0 });
  ada = await signUp(stack, 'ada');
  start = (await drawn({ width: 200, height: 150, seed: 600 })).bytes;
});
afterAll(() => stack.stop());

/** A unique file of exactly `bytes` that begins as a photo. */
function* file(bytes: number, number: number): Generator<Buffer> {
  yield Buffer.concat([start, Buffer.from(String(number).padStart(16, '0'))]);
  for (let left = bytes - start.length - 16; left > 0; left -= piece.length)
    yield left < piece.length ? piece.subarray(0, left) : piece;
}

async function upload(bytes: number, number: number): Promise<number> {
  const outgoing = send(`${stack.url}/v1/photos`, {
    method: 'POST',
    agent: false,
    headers: {
      ...uploadHeaders(ada.session.accessToken),
      'content-length': partHead.length + bytes + partEnd.length,
    },
  });
  const status = new Promise<number>((resolve, reject) => {
    outgoing.on('error', reject).on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  function* body(): Generator<Buffer> {
    yield Buffer.from(partHead);
    yield* file(bytes, number);
    yield Buffer.from(partEnd);
  }
  await pipeline(Readable.from(body()), outgoing);
  return status;
}

function rss(): number {
  const status = readFileSync(`/proc/${stack.api.pid}/status`, 'utf8');
  return Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1]) * 1024;
}

/** The maximum growth of the api's memory in MiB while `work` ran. */
async function rise(work: () => Promise<void>): Promise<number> {
  const before = rss();
  let most = before;
  const look = setInterval(() => (most = Math.max(most, rss())), 10);
  try {
    await work();
  } finally {
    clearInterval(look);
  }
  return (Math.max(most, rss()) - before) / MiB;
}

test('a photo of 50 MB passes through the api in less than 32 MB', async () => {
  await upload(MiB, 0);
  const rose = await rise(async () => expect(await upload(50 * MiB, 1)).toBe(202));
  expect(rose).toBeLessThan(32);
});

test('fifty photos at once pass through it in less than 200 MB', async () => {
  const rose = await rise(async () => {
    const statuses = await Promise.all(
      Array.from({ length: 50 }, (_, index) => upload(12 * MiB, 100 + index)),
    );
    expect(new Set(statuses)).toEqual(new Set([202]));
  });
  expect(rose).toBeLessThan(200);
});

/** Sends a photo of `bytes` in this many pieces, with a pause before each. */
async function slowly(bytes: number, number: number, pieces: number, pause: number): Promise<number> {
  const outgoing = send(`${stack.url}/v1/photos`, {
    method: 'POST',
    agent: false,
    headers: {
      ...uploadHeaders(ada.session.accessToken),
      'content-length': partHead.length + bytes + partEnd.length,
    },
  });
  const status = new Promise<number>((resolve, reject) => {
    outgoing.on('error', reject).on('response', (response) => {
      response.resume();
      resolve(response.statusCode ?? 0);
    });
  });
  const whole = Buffer.concat([Buffer.from(partHead), ...file(bytes, number), Buffer.from(partEnd)]);
  const length = Math.ceil(whole.length / pieces);
  for (let at = 0; at < whole.length; at += length) {
    await sleep(pause);
    outgoing.write(whole.subarray(at, at + length));
  }
  outgoing.end();
  return status;
}

test('a hundred slow uploads at once hold next to nothing of it, and it does not grow with their length', async () => {
  const all = (first: number, pieces: number) =>
    rise(async () => {
      const statuses = await Promise.all(
        Array.from({ length: 100 }, (_, index) =>
          slowly(pieces * 16 * 1024, first + index, pieces, 2_000 / pieces + 40),
        ),
      );
      expect(new Set(statuses)).toEqual(new Set([202]));
    });
  // The first allocates room for a hundred requests. The second sends eight times as much, 250 MB: a server that held it would grow by over 200.
  const [short, long] = [await all(1_000, 20), await all(2_000, 160)];
  expect(short).toBeLessThan(150);
  expect(long).toBeLessThan(96);
});
