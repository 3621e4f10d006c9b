import { expect, test } from 'vitest';
import { asTyped, readArguments, UsageError } from './command-line.js';

const line = {
  usage: 'usage: paint [--colour NAME] [--twice] [WALL]\n',
  options: { colour: { type: 'string' }, twice: { type: 'boolean' } },
  words: 1,
} as const;

function refusal(...args: string[]): UsageError {
  try {
    readArguments(args, line);
  } catch (error) {
    if (error instanceof UsageError) return error;
  }
  return expect.fail(`expected a refusal of ${args.join(' ')}`);
}

test('options and words are read', () => {
  expect(readArguments(['--colour', 'red', 'north'], line)).toMatchObject({
    values: { colour: 'red' },
    words: ['north'],
  });
  expect(readArguments([], line)).toMatchObject({ words: [] });
});

test.each([['--help'], ['-h'], ['north', '--help'], ['--nothing', '--help']])(
  '%s %s is answered with the usage',
  (...args) => {
    expect([refusal(...args).asked, refusal(...args).message]).toEqual([true, line.usage.trim()]);
  },
);

test.each([
  [['--color=red'], 'expected one of --colour, --twice but received "--color"'],
  [['-x'], 'expected one of --colour, --twice but received "-x"'],
  [['north', 'south'], 'expected at most 1 words but received "south"'],
  [['--colour'], "Option '--colour <value>' argument missing"],
])('%j is refused by name, and the usage follows', (args, sentence) => {
  const { asked, message } = refusal(...args);
  expect([asked, message]).toEqual([false, `${sentence}\n\n${line.usage.trim()}`]);
});

test('an installed machine is told its own commands', () => {
  const usage = 'usage: npm run admin -- grant NAME, or npm run top --once';
  expect([asTyped(usage, false), asTyped(usage, true)]).toEqual([
    usage,
    'usage: narwhal admin grant NAME, or narwhal top --once',
  ]);
});
