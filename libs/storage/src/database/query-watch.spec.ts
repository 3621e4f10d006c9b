import { expect, test } from 'vitest';
import { QueryWatch } from './query-watch.js';

interface Line {
  query: string;
  code: string;
  since: number;
}

function watched() {
  const lines: Line[] = [];
  const clock = { now: 0 };
  const logger = { warn: (line: Line) => lines.push(line) };
  const watch = new QueryWatch(logger as never, () => clock.now);
  const fail = (query: string, code: string) =>
    watch.failed(query, 0.1, Object.assign(new Error('no'), { code }));
  return { lines, clock, fail };
}

test('a statement that fails again and again is told once a minute, and how often it failed', () => {
  const { lines, clock, fail } = watched();
  for (let time = 0; time < 100; time += 1) fail('epoch.advance', '25006');
  fail('post.insert', '53100');
  expect(lines).toMatchObject([
    { query: 'epoch.advance', code: '25006', since: 1 },
    { query: 'post.insert', code: '53100', since: 1 },
  ]);
  clock.now = 60_000;
  fail('epoch.advance', '25006');
  expect(lines[2]).toMatchObject({ query: 'epoch.advance', since: 100 });
});

test('what the code expects, and what only follows from another fault, is not told', () => {
  const { lines, fail } = watched();
  for (const code of ['23505', '55P03', '40001', '40P01', '25P02']) fail('user.insert', code);
  expect(lines).toEqual([]);
});
