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

test('a key that waited for more than a week is replaced before it signs', () => {
  const appended = new Ring(`k1:${secret}`).appended(on('2026-11-30'));
  expect(ids(appended.appended(on('2026-12-08')))).toEqual(['k1', '261208a']);
});

test('old keys fall off once their successor has signed for more than a month', () => {
  const ring = new Ring(`261201a:${secret},261130a:${secret},k1:${secret}`);
  const turned = (day: string) => ids(ring.appended(on(day)).moved(on(day)));
  expect(turned('2027-01-06')).toEqual(['270106a', '261201a', '261130a', 'k1']);
  expect(turned('2027-01-07')).toEqual(['270107a', '261201a', '261130a']);
  expect(turned('2027-01-08')).toEqual(['270108a', '261201a']);
});
