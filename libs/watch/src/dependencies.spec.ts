import { expect, test } from 'vitest';
import { readEvery } from './dependencies.js';

test('reading the heartbeats of all grows with the processes, not with their square', () => {
  const readASecond = (processes: number) => (processes * 1_000) / readEvery(processes);
  expect(readASecond(2)).toBe(1);
  for (const processes of [20, 39, 110, 1_000]) expect(readASecond(processes)).toBeLessThan(20);
});
