import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { foldTag, wordsOf } from './words.js';

const said = (text: string) => wordsOf(text).map(({ start, end }) => text.slice(start, end));

describe('hashtags and mentions', () => {
  test.each<[string, string[]]>([
    ['#fog over the #Lighthouse', ['#fog', '#Lighthouse']],
    ['＃fog', ['＃fog']],
    ['#fog,#sea.#sky!', ['#fog', '#sea', '#sky']],
    ['(#fog) "#sea" —#sky— «#été»', ['#fog', '#sea', '#sky', '#été']],
    ['🌊#sea🌊#sky🌊', ['#sea', '#sky']],
    ['#sea🇮🇹 #🇮🇹 #👩‍👩‍👧 #a👩‍👧', ['#sea', '#a']],
    ['#1 #2024 #2024_ #1st ＃１', ['#2024_', '#1st']],
    ['#_ #__ #_1 #a_ #_\u0301', ['#_1', '#a_']],
    ['\u2068#fog\u2069 \u2067#שבת\u2069', ['#fog', '#שבת']],
    ['#️⃣ 1️⃣ #1️⃣ #a1️⃣', ['#a1']],
    ['#a#b', ['#a', '#b']],
    ['a#b C# F#m x#y#z', []],
    ['##x ＃#x', []],
    ['# x #', []],
    ['&#39; &#x27;', []],
    ['ada@example.org @ada', ['@ada']],
    ['mail ada.l@ex-ample.org or a_b@c.d', []],
    ['https://example.org/#fog http://x.org/a?b=#c www.x.org/#d', []],
    ['example.org/#fog example.org#fog', []],
    ['(https://example.org) #fog', ['#fog']],
    ['#ทะเล #สวัสดี', ['#ทะเล', '#สวัสดี']],
    ['ไปเที่ยว#ทะเลกัน', ['#ทะเลกัน']],
    ['#हिन्दी #क्ष #क\u094d\u200dष', ['#हिन्दी', '#क्ष', '#क\u094d\u200dष']],
    ['#مرحبا بالعالم، #سلام!', ['#مرحبا', '#سلام']],
    ['#می\u200cخواهم', ['#می\u200cخواهم']],
    ['#fog\u200d\u200c #a\u200d👩', ['#fog', '#a']],
    ['#שלום\u200f #שבת', ['#שלום', '#שבת']],
    ['今日は#写真 を #撮影した。', ['#写真', '#撮影した']],
    ['今日は#写真、https://example.orgで#海', ['#写真', '#海']],
    ['#ラーメン#すし', ['#ラーメン', '#すし']],
    ['#한국어가 #한', ['#한국어가', '#한']],
    ['#𝒻og #𠮷野家', ['#𝒻og', '#𠮷野家']],
    ['@ada, @Grace.Hopper. @_x_!', ['@ada', '@Grace.Hopper', '@_x_']],
    ['.@ada @@ada /@ada a@ada @adaé @ada@x.org', []],
    ['@adaさん と@grace', ['@ada', '@grace']],
    [`@${'a'.repeat(30)} @${'a'.repeat(31)}`, [`@${'a'.repeat(30)}`]],
    ['#ada@grace @ada#fog', ['#ada', '@ada']],
  ])('in %s', (text, found) => {
    expect(said(text)).toEqual(found);
  });

  test('have their ranges in UTF-16 units', () => {
    expect(wordsOf('🌊🌊 #Été @Ada')).toEqual([
      { type: 'hashtag', start: 5, end: 9, name: 'Été' },
      { type: 'mention', start: 10, end: 14, name: 'ada' },
    ]);
  });

  test('stand in their order, apart, and each is what its range says', () => {
    const piece = fc.constantFrom(
      '#',
      '＃',
      '@',
      'a',
      'é',
      '1',
      '_',
      '.',
      ' ',
      '写',
      'ก',
      'ن',
      '\u200c',
      '🌊',
      '\ufe0f',
    );
    const text = fc.oneof(
      fc.array(piece).map((parts) => parts.join('')),
      fc.string({ unit: 'binary' }),
    );
    fc.assert(
      fc.property(text, (given) => {
        let last = 0;
        for (const { type, start, end, name } of wordsOf(given)) {
          expect(start).toBeGreaterThanOrEqual(last);
          expect(given.slice(start, start + 1)).toMatch(type === 'hashtag' ? /[#＃]/ : /[@＠]/);
          expect(given.slice(start + 1, end).length).toBe(end - start - 1);
          if (type === 'hashtag') expect(given.slice(start + 1, end)).toBe(name);
          expect(name).not.toBe('');
          last = end;
        }
      }),
      { numRuns: 2_000 },
    );
  });

  test('are the same words when a text is put behind another', () => {
    const words = fc.array(fc.constantFrom('#fog', '@ada', 'and', '#霧', 'x@y.org', '#1'));
    fc.assert(
      fc.property(words, words, (one, other) => {
        const [first, second] = [one.join(' '), other.join(' ')];
        expect(said(`${first} ${second}`)).toEqual([...said(first), ...said(second)]);
      }),
    );
  });

  test('of a long and hostile text are found at once', () => {
    for (const unit of ['#', '#a', '@', 'a\u200d', '@a.', '#a\u200d', 'www.', 'https://'])
      expect(wordsOf(unit.repeat(30_000)).length).toBeGreaterThanOrEqual(0);
  }, 2_000);
});

describe('a tag', () => {
  test('is one word in every spelling', () => {
    expect(foldTag('ＦＯＧ')).toBe('fog');
    expect(foldTag('İstanbul')).toBe('istanbul');
    expect(foldTag('ﷺ')).not.toMatch(/\s/);
    expect(foldTag('می\u200cخواهم')).toBe(foldTag('میخواهم'));
  });
});
