/** A URL is good for two days at most: 172,800 seconds. */
const PLACES = 6;
const DIGITS = [...'0123456789'];

/**
 * One place of both numbers, `$narwhal_e0` and `$narwhal_n0` of the last: what is left of it, and whether one was borrowed from the
 * next. Both by the same key, the two digits and what the place before borrowed: looked up, which is quicker than any pattern.
 */
function placeMaps(place: number): string {
  const borrowed = place === 0 ? [''] : ['', 'b'];
  const cases = DIGITS.flatMap((upper) =>
    DIGITS.flatMap((lower) =>
      borrowed.map((borrow) => {
        const left = Number(upper) - Number(lower) - borrow.length;
        return { key: `${upper}${lower}${borrow}`, digit: (left + 10) % 10, borrows: left < 0 };
      }),
    ),
  );
  const key = `"$narwhal_e${place}$narwhal_n${place}${place === 0 ? '' : `$narwhal_b${place - 1}`}"`;
  const borrows = cases.filter((each) => each.borrows).map((each) => `${each.key} b;`);
  return `map ${key} $narwhal_d${place} { ${cases.map((each) => `${each.key} ${each.digit};`).join(' ')} }
map ${key} $narwhal_b${place} { ${borrows.join(' ')} default ""; }`;
}

/**
 * `$narwhal_media_age`: the seconds until `$arg_e`, which clients may keep a rendition for. NGINX cannot subtract, and a module
 * that can would have to be installed everywhere; so it is done as on paper, digit by digit with borrowing. Zeros in front are
 * right in `max-age` (RFC 9111, 1.2.2: digits). Asked only for URLs that are good, whose expiry is ahead. One pattern takes the
 * digits of both numbers apart (`$msec` has three decimals): it is the first that is asked for, and sets the others.
 */
export function mediaAgeMaps(): string {
  const places = Array.from({ length: PLACES }, (_, place) => place);
  const digits = (letter: string) =>
    places
      .toReversed()
      .map((place) => `(?<narwhal_${letter}${place}>[0-9])`)
      .join('');
  const difference = places
    .toReversed()
    .map((place) => `$narwhal_d${place}`)
    .join('');
  return `# max-age: the digits of $arg_e less those of $msec.
map "$arg_e $msec" $narwhal_media_digits { "~${digits('e')} [0-9]*${digits('n')}[.]" ""; }
${places.map(placeMaps).join('\n')}
map $narwhal_media_digits $narwhal_media_age { default "${difference}"; }
`;
}
