/** A URL is good for two days at most: 172,800 seconds. */
const PLACES = 6;
const DIGITS = [...'0123456789'];

/** One digit of each number: of the expiry, and of the clock, whose `$msec` has three decimals. */
function digitMaps(place: number): string {
  const behind = `[0-9]{${place}}`;
  return `map $arg_e $narwhal_e${place} { "~([0-9])${behind}$" $1; }
map $msec $narwhal_n${place} { "~([0-9])${behind}[.]" $1; }`;
}

/**
 * What is left of one digit: `7`, or `7b` where one was borrowed from the next. Keys are the two digits, and the `b` of the
 * place before; its own digit says nothing here.
 */
function differenceMap(place: number): string {
  const borrowed = place === 0 ? [''] : ['', 'b'];
  const rows = DIGITS.flatMap((upper) =>
    borrowed.map((borrow) => {
      const cells = DIGITS.map((lower) => {
        const difference = Number(upper) - Number(lower) - borrow.length;
        return `${upper}${lower}${borrow} ${difference < 0 ? `${difference + 10}b` : difference};`;
      });
      return `  ${cells.join(' ')}`;
    }),
  );
  const carried = place === 0 ? '' : `$narwhal_b${place - 1}`;
  return `map "$narwhal_e${place}$narwhal_n${place}${carried}" $narwhal_d${place} {
${rows.join('\n')}
}
map $narwhal_d${place} $narwhal_b${place} { ~b b; }`;
}

/**
 * `$narwhal_media_age`: the seconds until `$arg_e`, which clients may keep a rendition for. NGINX cannot subtract, and a module
 * that can would have to be installed everywhere; so it is done as on paper, digit by digit with borrowing. Zeros in front are
 * right in `max-age` (RFC 9111, 1.2.2: digits). Asked only for URLs that are good, whose expiry is ahead.
 */
export function mediaAgeMaps(): string {
  const places = Array.from({ length: PLACES }, (_, place) => place);
  const [all, digits] = places
    .toReversed()
    .reduce<[string, string]>(
      ([names, pattern], place) => [`${names}$narwhal_d${place}`, `${pattern}([0-9])b?`],
      ['', ''],
    );
  return `# max-age: the digits of $arg_e less those of $msec.
${places.flatMap((place) => [digitMaps(place), differenceMap(place)]).join('\n')}
map "${all}" $narwhal_media_age {
  default 0;
  "~^${digits}$" $1$2$3$4$5$6;
}
`;
}
