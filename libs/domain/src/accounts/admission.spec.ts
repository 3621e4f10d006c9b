import { expect, test } from 'vitest';
import { ageAt } from './admission.js';

test.each([
  ['2010-05-17', '2026-05-16', 15],
  ['2010-05-17', '2026-05-17', 16],
  ['2010-12-31', '2026-01-01', 15],
  ['2008-02-29', '2024-02-28', 15],
  ['2008-02-29', '2024-02-29', 16],
  ['2008-02-29', '2026-02-28', 17],
  ['2008-02-29', '2026-03-01', 18],
])('somebody of %s is on %s %i years old', (birthDate, today, years) => {
  expect(ageAt(birthDate, new Date(`${today}T23:59:59.999Z`))).toBe(years);
  expect(ageAt(birthDate, new Date(`${today}T00:00:00Z`))).toBe(years);
});
