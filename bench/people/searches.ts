import { mixed, skewed } from './chance.ts';
import { nameOf, placeOf, tagOf } from './names.ts';

type SearchType = 'users' | 'tags' | 'places';
const all: readonly SearchType[] = ['users', 'tags', 'places'];

/** The most expensive and malicious queries. */
export const hostileQueries: readonly { who: string; q: string; types: readonly SearchType[] }[] = [
  { who: 'two common letters', q: 'ma', types: all },
  { who: 'three common letters', q: 'mar', types: all },
  { who: 'a common name', q: 'maria', types: all },
  { who: 'two common names', q: 'maria garcia', types: ['users'] },
  { who: 'a slip in a common name', q: 'mraia', types: all },
  { who: 'a slip in two names', q: 'konard zsue', types: ['users'] },
  { who: 'nobody', q: 'zzzzqqqq', types: all },
  { who: 'common trigrams, nobody', q: 'anananananan', types: all },
  {
    who: 'common trigrams, many words',
    q: 'mar ann the joh dav mic sar lau dan ale chr jul tho pet',
    types: all,
  },
  { who: '%', q: '%%%', types: all },
  { who: 'quotes and a backslash', q: `'"\\'`, types: all },
  { who: 'one character that is a word', q: '藤', types: all },
  { who: 'a hundred characters', q: 'ab'.repeat(50), types: all },
  { who: 'a place’s later word', q: 'old town', types: ['places'] },
];

/** A typo: two swapped letters, or a missing one. */
function slip(word: string, n: number): string {
  const at = 1 + (mixed(n, 71) % Math.max(1, word.length - 3));
  if (mixed(n, 72) % 2 === 0) return word.slice(0, at) + word.slice(at + 1);
  return word.slice(0, at) + word.charAt(at + 1) + word.charAt(at) + word.slice(at + 2);
}

/** Typical input: a name's beginning letter by letter, a whole name, and in one of ten cases a typo. */
function typed(name: string, n: number): string {
  const style = mixed(n, 73) % 10;
  const letters = 2 + (mixed(n, 74) % 6);
  if (style < 6) return name.slice(0, letters);
  if (style < 9) return name;
  return slip(name, n);
}

/** The path of the `n`th search: of ten, six are for people, two for tags and two for places. */
export function searchQuery(n: number): string {
  const kind = n % 10;
  if (kind < 6) {
    const person = nameOf(skewed(10_000, 2, n, 75));
    const name = mixed(n, 76) % 3 === 0 ? person.username : person.displayName || person.username;
    return pathOf('users', typed(name, n));
  }
  if (kind < 8) return pathOf('tags', typed(tagOf(skewed(500, 2, n, 77)), n));
  return pathOf('places', typed(placeOf(skewed(500, 2, n, 78)), n));
}

const pathOf = (type: SearchType, q: string): string => `/v1/search?type=${type}&q=${encodeURIComponent(q)}`;
