import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { withOwnDirection } from './directions.js';

describe('a text of its own direction', () => {
  test.each([
    ['a\u202eb\u202c c', 'ab c'],
    ['\u202aCall +49\u202c', 'Call +49'],
    ['\u2068Ada\u2069 and \u2067\u2066x\u2069\u2069', '\u2068Ada\u2069 and \u2067\u2066x\u2069\u2069'],
    ['open \u2066 for ever', 'open  for ever'],
    ['closed \u2069 twice\u2069', 'closed  twice'],
    ['\u2067one\ntwo\u2069', 'one\ntwo'],
    ['\u2067one \u2068two\u2069', 'one \u2068two\u2069'],
    ['plain 🌊', 'plain 🌊'],
  ])('of %j is %j', (given, kept) => {
    expect(withOwnDirection(given)).toBe(kept);
  });

  test('ends with nothing open, and is made once', () => {
    const unit = fc.constantFrom('a', '\n', '\u202b', '\u2066', '\u2067', '\u2068', '\u2069', '🌊');
    fc.assert(
      fc.property(fc.string({ unit }), (given) => {
        const kept = withOwnDirection(given);
        expect(withOwnDirection(kept)).toBe(kept);
        expect(kept.replace(/[\u2066-\u2069]/g, '')).toBe(given.replace(/[\u202b\u2066-\u2069]/g, ''));
        for (const line of kept.split('\n'))
          expect(line.split(/[\u2066-\u2068]/)).toHaveLength(line.split('\u2069').length);
      }),
    );
  });
});
