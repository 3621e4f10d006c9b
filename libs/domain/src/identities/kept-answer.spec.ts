import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { KeptAnswer } from './kept-answer.js';

const SECOND = 1000;
const HOUR = 3600 * SECOND;

let isAway = false;
let asked = 0;
let kept: KeptAnswer<{ number: number }>;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'] });
  [isAway, asked] = [false, 0];
  kept = new KeptAnswer(async () => {
    asked += 1;
    await Promise.resolve();
    if (isAway) throw new Error('away');
    return { number: asked };
  });
});
afterEach(() => vi.useRealTimers());

const pass = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);

test('an answer is asked for once an hour, whoever waits for it', async () => {
  const many = await Promise.all([kept.get(), kept.get(), kept.get()]);
  expect(many.map(({ number }) => number)).toEqual([1, 1, 1]);
  pass(HOUR - SECOND);
  expect((await kept.get()).number).toBe(1);
  pass(2 * SECOND);
  expect((await kept.get()).number).toBe(2);
});

test('while nobody answers the last answer holds for a day, and is asked for again twice a minute', async () => {
  await kept.get();
  isAway = true;
  pass(2 * HOUR);
  expect((await kept.get()).number).toBe(1);
  for (let call = 0; call < 5; call += 1) await kept.get();
  expect(asked).toBe(2);
  pass(31 * SECOND);
  expect((await kept.get()).number).toBe(1);
  expect(asked).toBe(3);
  pass(22 * HOUR);
  await expect(kept.get()).rejects.toThrow('away');
  isAway = false;
  expect((await kept.get()).number).toBe(5);
});

test('where something is missing there is another, at most twice a minute', async () => {
  const first = await kept.get();
  expect(await kept.after(first)).toBeNull();
  pass(31 * SECOND);
  const [second, beside] = await Promise.all([kept.after(first), kept.after(first)]);
  expect([second?.number, beside?.number]).toEqual([2, 2]);
  // Somebody who still had the first.
  expect(await kept.after(first)).toBe(second);
  expect(second && (await kept.after(second))).toBeNull();
  expect(asked).toBe(2);
});

test('a made-up name costs a request twice a minute as well while nobody answers', async () => {
  const first = await kept.get();
  isAway = true;
  pass(31 * SECOND);
  await expect(kept.after(first)).rejects.toThrow('away');
  for (let guess = 0; guess < 5; guess += 1) expect(await kept.after(first)).toBeNull();
  expect(asked).toBe(2);
});
