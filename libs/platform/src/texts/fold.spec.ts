import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { fold, foldPhrase, shardOfText } from './fold.js';

describe('the folding of names and tags', () => {
  test.each([
    ['Straße', 'STRASSE'],
    ['ＡＤＡ', 'ada'],
    ['ｶﾞｰﾃﾞﾝ', 'ガーデン'],
    ['Σίσυφος', 'ΣΊΣΥΦΟΣ'],
    ['ﬁn', 'FIN'],
    ['Cafe\u0301', 'CAFÉ'],
    ['می\u200cخواهم', 'میخواهم'],
    ['葛\u{E0100}', '葛'],
    ['ISPARTA', 'ısparta'],
    ['İstanbul', 'istanbul'],
    ['I\u0307ZMI\u0307R', 'izmir'],
    ['i\u0307\u0301', 'Í'],
  ])('takes %s and %s for one', (one, other) => {
    expect(fold(one)).toBe(fold(other));
  });

  test.each([
    ['cafe', 'café'],
    ['कि', 'की'],
    ['かき', 'がき'],
    ['и', 'й'],
  ])('tells %s and %s apart', (one, other) => {
    expect(fold(one)).not.toBe(fold(other));
  });

  test('ends: folding once more changes nothing', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary' }), (text) => {
        expect(fold(fold(text))).toBe(fold(text));
      }),
      { numRuns: 2_000 },
    );
  });

  test('takes a text and its other normal forms for one', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) => {
        for (const form of ['NFC', 'NFD', 'NFKC', 'NFKD'] as const)
          expect(fold(text.normalize(form))).toBe(fold(text));
      }),
    );
  });

  test('of places takes spaces of any kind for one', () => {
    expect(foldPhrase('  São\u00a0Paulo \n Centro')).toBe('são paulo centro');
  });
});

describe('the shard of a text', () => {
  test('never changes', () => {
    expect(shardOfText('fog')).toBe(shardOfText('fog'));
    expect([shardOfText('fog'), shardOfText('霧')]).toMatchInlineSnapshot(`
      [
        5640,
        5551,
      ]
    `);
  });

  test('is one of 8,192', () => {
    fc.assert(
      fc.property(fc.string(), (text) => {
        expect(shardOfText(text)).toBeGreaterThanOrEqual(0);
        expect(shardOfText(text)).toBeLessThan(8_192);
      }),
    );
  });
});
