import { setImmediate as turn } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { Gathering } from './gathering.js';

test('what is asked for in one turn is asked for once', async () => {
  const asked: string[][] = [];
  const gathering = new Gathering<string, number>((keys) => Promise.resolve(asked.push(keys)));
  await Promise.all([gathering.of(['a', 'b']), gathering.of(['b', 'c'])]);
  expect(asked).toEqual([['a', 'b', 'c']]);
});

test('a question never goes to an answer that is under way', async () => {
  const asked: string[][] = [];
  const gathering = new Gathering<string, void>(async (keys) => {
    asked.push(keys);
    await turn();
  });
  const first = gathering.of(['a']);
  await turn();
  await Promise.all([first, gathering.of(['a'])]);
  expect(asked).toEqual([['a'], ['a']]);
});

test('a failure reaches everybody who asked, and nobody who asks later', async () => {
  let fails = true;
  const gathering = new Gathering<string, string>(() =>
    fails ? Promise.reject(new Error('away')) : Promise.resolve('here'),
  );
  const both = await Promise.allSettled([gathering.of(['a']), gathering.of(['b'])]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await gathering.of(['a'])).toBe('here');
});
