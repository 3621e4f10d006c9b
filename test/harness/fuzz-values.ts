import fc, { type Arbitrary } from 'fast-check';
import { PASSWORD } from './people.js';

export interface Schema {
  type?: string | string[];
  anyOf?: Schema[];
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  example?: string;
  pattern?: string;
  format?: string;
  minimum?: number;
  maximum?: number;
  minLength?: number;
  maxLength?: number;
  minItems?: number;
}
/** Parts of a request that belong together, and are answered well unless others are wrong. */
export interface Known {
  path?: string[];
  query?: string[];
  token?: string;
  body?: string | Uint8Array;
  more?: [name: string, value: string][];
}

/** The subjects of requests. `words` are values by the name of their parameter or, for an id, of the thing that it names. */
export interface Targets {
  tokens: string[];
  /** Tokens and sessions of people whom nothing else needs, since some requests end accounts. */
  doomed: string[];
  ids: string[];
  words: Record<string, string[]>;
  picture: Buffer;
  /** By operation: what is hardly met by values that are drawn one by one. */
  known: Record<string, Known[]>;
}

function text(schema: Schema, { ids, words }: Targets, name: string): Arbitrary<string> {
  const { minLength = 0, maxLength = 64, pattern } = schema;
  const isId = /^\d{18}$/.test(schema.example ?? '');
  const known = words[name] ?? (isId ? ids : undefined);
  if (schema.format === 'email') return fc.nat().map((number) => `p${number}@example.org`);
  if (schema.format === 'password') return fc.constantFrom(PASSWORD, 'another good password 7');
  const free = pattern
    ? fc.stringMatching(new RegExp(pattern)).filter((made) => made.length <= maxLength)
    : fc.string({ unit: 'grapheme', minLength, maxLength: Math.min(maxLength, Math.max(minLength, 40)) });
  if (!known) return free;
  return fc.oneof(
    { weight: 6, arbitrary: fc.constantFrom(...known) },
    { weight: 1, arbitrary: isId ? fc.constantFrom(...ids) : free },
    { weight: 1, arbitrary: free },
  );
}

/** Values that fit a schema, whose references are resolved. */
export function fitting(schema: Schema, targets: Targets, name = ''): Arbitrary<unknown> {
  const { anyOf, type = 'string' } = schema;
  if (anyOf) return fc.oneof(...anyOf.map((one) => fitting(one, targets, name)));
  if (typeof type === 'string') return ofType(type, schema, targets, name);
  return fc.oneof(...type.map((one) => ofType(one, schema, targets, name)));
}

function ofType(type: string, schema: Schema, targets: Targets, name: string): Arbitrary<unknown> {
  const { properties = {}, items = {}, minimum = 0, maximum = 1_000_000 } = schema;
  const values = schema.enum ?? { null: [null], boolean: [true, false] }[type];
  if (values) return fc.constantFrom(...values);
  if (type === 'string') return text(schema, targets, name);
  if (type === 'array')
    return fc.array(fitting(items, targets, name), { minLength: schema.minItems ?? 0, maxLength: 3 });
  if (type !== 'object') return fc.integer({ min: minimum, max: maximum });
  const fields = Object.entries(properties).map(([key, one]) => [key, fitting(one, targets, key)] as const);
  return fc.record(Object.fromEntries(fields), { requiredKeys: schema.required ?? [] });
}

const deep = (levels: number): unknown => JSON.parse('['.repeat(levels) + ']'.repeat(levels));
/** As an own key, which only `JSON.parse` makes of it. */
const polluted: unknown = JSON.parse(
  '{"__proto__":{"role":"admin"},"constructor":{"prototype":{"role":"admin"}}}',
);

const nasty: Arbitrary<unknown> = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    -1,
    0,
    1.5,
    1e308,
    2 ** 53,
    '9223372036854775808',
    '',
    ' ',
    '\u0000',
    '\ud800',
  ),
  fc.constantFrom<unknown>(
    "' OR 1=1 --",
    '../../etc/passwd',
    '\r\nX-A: b',
    '\u202e',
    '*',
    '\\',
    '%',
    '$1',
    '${jndi:x}',
  ),
  fc.constantFrom<unknown>([], {}, polluted, deep(500), 'x'.repeat(5_000), Array(2_000).fill('1')),
  fc.jsonValue(),
  fc.string({ unit: 'binary' }),
);

export const rawBody: Arbitrary<string | Uint8Array> = fc.oneof(
  fc.constantFrom(
    '',
    ' ',
    '{',
    'null',
    '"x"',
    '[]',
    '{"name":1e999}',
    '{"name":"a","name":{}}',
    '\ufeff{}',
    '{"a":\u0000}',
  ),
  fc.constantFrom(
    '['.repeat(50_000),
    '{"a":'.repeat(9_000),
    `"${'x'.repeat(200_000)}"`,
    '{"text":"\\ud800"}',
  ),
  fc.constantFrom(
    Uint8Array.of(0xff, 0xfe, 0x7b),
    Uint8Array.from(Buffer.from('{"text":"\xc3("}', 'latin1')),
  ),
  fc.uint8Array(),
);

/** Headers that are wrong, wrong here, or sent once more. */
const ODD: Record<string, string[]> = {
  'content-type': [
    'text/plain',
    'application/json; charset=utf-16',
    'multipart/form-data',
    'multipart/form-data; boundary=',
    ';',
  ],
  authorization: ['Bearer', 'Basic YTpi', 'Bearer a b', `Bearer ${'x'.repeat(9_000)}`, 'Bearer \u00e9'],
  range: [
    'bytes=9-1',
    'bytes=999999999-',
    'bytes=-',
    'bytes=0-0,2-3',
    'lines=1-2',
    'bytes=-99999999999999999999',
  ],
  prefer: ['wait=-1', 'wait=abc', 'wait=1e9999, respond-async', '\u00e9'],
  'if-none-match': ['*', 'W/"', '"x"', 'W/"\u00e9"', '"a", W/"b"'],
  'idempotency-key': ['short', 'a-key-that-others-use-too', '\u00e9'.repeat(20)],
  'upload-checksum': ['md5 !', 'sha1 AAAA', 'crc32 ='],
  'upload-length': ['-1', '1e3', '99999999999999999999', ''],
  'upload-offset': ['0x', '-1'],
  'upload-metadata': ['=,,='],
  'tus-resumable': ['9.9'],
  'content-encoding': ['gzip'],
  accept: ['image/nothing;q=9'],
  expect: ['the best'],
  host: ['evil.example:x'],
  cookie: ['x'.repeat(20_000)],
  'x-request-id': ['\u00e9'],
  'x-forwarded-for': [':::::, 1.1.1.1'],
  'x-http-method-override': ['DELETE'],
  ['__proto__']: ['x'],
};
export const odd: Arbitrary<[string, string]> = fc.constantFrom(
  ...Object.entries(ODD).flatMap(([name, values]) => values.map((value): [string, string] => [name, value])),
);

export const encoded = (value: unknown): string =>
  encodeURIComponent((typeof value === 'string' ? value : JSON.stringify(value)).toWellFormed());
export const badSegment = fc.oneof(
  fc.constantFrom(
    '%zz',
    '%ff',
    '%00',
    '%2e%2e%2f',
    '..',
    '%c0%ae',
    '0',
    '-1',
    '01',
    '1e3',
    '9223372036854775808',
  ),
  fc.constantFrom('x'.repeat(2_000), '__proto__', 'constructor', '%F0%9F%98%80', '%0d%0aX-A:%20b'),
  nasty.map((value) => encoded(value).slice(0, 3_000) || '%20'),
);
export const badQuery = fc.oneof(
  fc.constantFrom(
    'limit=1&limit=2',
    '__proto__=1',
    'limit[]=1',
    'cursor=',
    'cursor=%00',
    'cursor=%ff',
    '%zz',
    '=&&=',
    'limit=1e9',
  ),
  fc.constantFrom(
    'newer=A&cursor=B',
    'cursor=eyJhIjoxfQ',
    `ids=${'1,'.repeat(500)}`,
    'q=%27%3B--',
    `q=${'x'.repeat(5_000)}`,
  ),
  fc
    .tuple(fc.constantFrom('limit', 'cursor', 'ids', 'q', 'type', 's', 'e', 'unknown'), nasty)
    .map(([name, value]) => `${name}=${encoded(value).slice(0, 3_000)}`),
);

/** A fitting body with one thing wrong: a field that is missing, unknown, or has a value of another kind. */
export const spoilt = (fits: Arbitrary<unknown>): Arbitrary<unknown> =>
  fc
    .tuple(fits, fc.nat(), fc.constantFrom('drop', 'add', 'change', 'change'), nasty)
    .map(([body, at, how, value]) => {
      const fields = Object.entries(body as object);
      const index = at % Math.max(fields.length, 1);
      if (how === 'add') return { ...(body as object), ...(polluted as object), unknown: value };
      if (how === 'drop') return Object.fromEntries(fields.toSpliced(index, 1));
      return { ...(body as object), [fields[index]?.[0] ?? 'a']: value };
    });
