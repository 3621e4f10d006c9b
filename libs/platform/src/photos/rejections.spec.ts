import { catalogue } from '../metrics/catalogue.js';
import { expect, test } from 'vitest';
import { rejections } from './rejections.js';

test('every rejection of a photo counts as one, and a ready photo does not', () => {
  const { read } = catalogue.narwhal_photos_developed_total.shows.rejected;
  const isRejected = (outcome: string) => new RegExp(`^(?:${read.where.outcome})$`).test(outcome);
  expect(Object.keys(rejections).filter((code) => !isRejected(code))).toEqual([]);
  expect(isRejected('ready')).toBe(false);
});
