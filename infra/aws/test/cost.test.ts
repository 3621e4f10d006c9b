import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { monthly } from '../cost/monthly.ts';
import { PRICES_OF } from '../cost/prices.ts';
import { costTable } from '../cost/table.ts';
import { sizes } from '../lib/sizes.ts';

const page = readFileSync(new URL('../../../docs/aws.md', import.meta.url), 'utf8');

test('docs/aws.md holds the table that the sizes and prices give (npm run cost)', () => {
  expect(page).toContain(costTable());
  expect(page).toContain(PRICES_OF);
});

test('every part of every size costs something, and a larger size more', () => {
  const totals = Object.values(sizes).map((size) => {
    const items = monthly(size);
    expect(items.every(({ dollars }) => dollars > 0)).toBe(true);
    return items.reduce((sum, { dollars }) => sum + dollars, 0);
  });
  expect(totals).toEqual(totals.toSorted((a, b) => a - b));
});
