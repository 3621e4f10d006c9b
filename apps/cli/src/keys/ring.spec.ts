import { expect, test } from 'vitest';
import { Ring } from './ring.js';

const secret = 'ab'.repeat(32);
const on = (day: string) => new Date(`${day}T23:00:00Z`);
const ids = ({ text }: Ring) => text.split(',').map((key) => key.split(':')[0]);

test('a key is appended once, however often it is asked for, and moved to the front once', () => {
  const appended = new Ring(`k1:${secret}\n`).appended(on('2026-11-30'));
  expect([ids(appended), appended.next]).toEqual([['k1', '261130a'], '261130a']);
  expect(appended.appended(on('2026-12-01')).text).toBe(appended.text);
  const moved = appended.moved(on('2026-12-01'));
  expect([ids(moved), moved.next, moved.since]).toEqual([['261130a', 'k1'], null, new Date('2026-11-30')]);
  expect(moved.moved(on('2026-12-01')).text).toBe(moved.text);
  expect(ids(moved.appended(on('2026-11-30')))).toEqual(['261130a', 'k1', '261130b']);
});

test('a key that waited for more than a week stays, and another one signs', () => {
  const waited = new Ring(`k1:${secret}`).appended(on('2026-11-30'));
  expect([waited.isFresh(on('2026-12-06')), waited.isFresh(on('2026-12-07'))]).toEqual([true, false]);
  const another = waited.appended(on('2026-12-08'));
  expect(ids(another)).toEqual(['k1', '261130a', '261208a']);
  const moved = another.moved(on('2026-12-08'));
  expect([ids(moved), moved.next]).toEqual([['261208a', 'k1', '261130a'], null]);
});

test('old keys fall off once their successor has signed for so long that nothing of theirs is left', () => {
  const ring = new Ring(`261201a:${secret},261130a:${secret},k1:${secret}`);
  const turned = (day: string) => ids(ring.appended(on(day)).moved(on(day)));
  expect(turned('2027-02-05')).toEqual(['270205a', '261201a', '261130a', 'k1']);
  expect(turned('2027-02-06')).toEqual(['270206a', '261201a', '261130a']);
  expect(turned('2027-02-07')).toEqual(['270207a', '261201a']);
});

test('a key that waited behind older ones goes by what signed in its place, not by what stands before it', () => {
  const ring = (day: string) =>
    ids(new Ring(`270101a:${secret},k1:${secret},261230a:${secret}`).appended(on(day)).moved(on(day)));
  expect(ring('2027-03-09')).toEqual(['270309a', '270101a', 'k1', '261230a']);
  expect(ring('2027-03-11')).toEqual(['270311a', '270101a']);
});

test('the key that is to sign is told from another of its name', () => {
  const [one, other] = [1, 2].map(() => new Ring(`k1:${secret}`).appended(on('2026-11-30')));
  expect([one?.next, other?.next]).toEqual(['261130a', '261130a']);
  expect(one?.nextMark).toMatch(/^261130a:[0-9a-f]{8}$/);
  expect(one?.nextMark).not.toBe(other?.nextMark);
});
