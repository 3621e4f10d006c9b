import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { contractBreaks } from './harness/contract-breaks.js';
import type { Contract } from './harness/contract-schemas.js';

const folder = new URL('fixtures/contract/', import.meta.url);
const releases = readdirSync(folder).filter((name) => name.endsWith('.json.gz'));
const released = (name: string) =>
  JSON.parse(gunzipSync(readFileSync(new URL(name, folder))).toString()) as Contract;
const present = () =>
  JSON.parse(readFileSync(new URL('../openapi.json', import.meta.url), 'utf8')) as Contract;

/** Findings about 0.1.0 that break nobody, or were broken on purpose. */
const HELD: RegExp[] = [
  // Not said then, and held all the same: each request without it was refused.
  /^[A-Z]+ \/v1\/uploads\S*: header (Tus-Resumable|Upload-Length|Upload-Offset|X-HTTP-Method-Override): is required now$/,
  // It was left out where a post had not failed; now it is there, and null, as all fields of the contract are.
  /failure: may be null now$/,
  // Weak passwords are refused (docs/decisions/0057).
  /password|next: minLength is higher$/,
  // A known address is told to nobody (docs/decisions/0063).
  /^the code email_taken is gone$/,
  // Was called a text, and is read as one: server-sent events.
  /^GET \/v1\/stream: 200: may be object now$/,
];

test.each(releases)('what a client of %s reads and sends stays', (name) => {
  const breaks = contractBreaks(released(name), present());
  expect(breaks.filter((one) => !HELD.some((held) => held.test(one)))).toEqual([]);
});

/** Any part of a document, by its keys. */
type Part = Record<string, any>; // oxlint-disable-line typescript/no-explicit-any -- takes a document to pieces

const post = ({ components }: Part): Part => components['schemas'].Post;
const newPost = ({ components }: Part): Part => components['schemas'].NewPost;

const changes: [what: string, change: (contract: Part) => void, told: RegExp][] = [
  ['a path', ({ paths }) => delete paths['/v1/feed'], /^GET \/v1\/feed: is gone$/],
  ['a method', ({ paths }) => delete paths['/v1/me'].patch, /^PATCH \/v1\/me: is gone$/],
  ['a field of an answer', (all) => delete post(all)['properties'].caption, /caption: is gone$/],
  ['a field that may be missing', (all) => post(all)['required'].shift(), /id: may be missing now$/],
  [
    'a field of another type',
    (all) => (post(all)['properties'].liked.type = 'string'),
    /liked: may be string now$/,
  ],
  [
    'a field that may be null',
    (all) => (post(all)['properties'].liked.type = ['boolean', 'null']),
    /liked: may be null now$/,
  ],
  ['a value', (all) => post(all)['properties'].state['x-extensible-enum'].pop(), /the value failed is gone$/],
  [
    'a code',
    ({ components }) => components['schemas'].Problem.properties.code['x-extensible-enum'].shift(),
    /^the code \w+ is gone$/,
  ],
  ['a success', ({ paths }) => delete paths['/v1/posts'].post.responses['202'], /202: is gone$/],
  [
    'a header of an answer',
    ({ paths }) => delete paths['/v1/feed'].get.responses['200'].headers.ETag,
    /the header ETag is gone$/,
  ],
  [
    'a kind of body',
    ({ paths }) => (paths['/v1/feed'].get.responses['200'].content = {}),
    /application\/json is gone$/,
  ],
  ['a field of a request', (all) => delete newPost(all)['properties'].place, /place: is gone$/],
  [
    'a field that a request needs',
    (all) => newPost(all)['required'].push('caption'),
    /caption: is required now$/,
  ],
  [
    'a narrower field',
    (all) => (newPost(all)['properties'].caption.maxLength = 9),
    /caption: maxLength is lower$/,
  ],
  [
    'a field that may not be null',
    (all) => (newPost(all)['properties'].caption.type = 'string'),
    /caption: may not be null any more$/,
  ],
  [
    'a value that is taken',
    ({ components }) => components['schemas'].NewDirectUpload.properties.type.enum.pop(),
    /type: the value image\/gif is gone$/,
  ],
  [
    'a closed enum',
    (all) => (newPost(all)['properties'].caption.enum = ['a']),
    /takes only some values now$/,
  ],
  ['a parameter', ({ paths }) => paths['/v1/search'].get.parameters.pop(), /query \w+: is gone$/],
  [
    'a parameter that is needed',
    ({ paths }) => (paths['/v1/feed'].get.parameters[0].required = true),
    /is required now$/,
  ],
];

test.each(changes)('%s that is gone, new or changed is found', (_, change, told) => {
  const after = present();
  change(after);
  const breaks = contractBreaks(present(), after);
  expect(breaks.length).toBeGreaterThan(0);
  expect(breaks.filter((one) => !told.test(one))).toEqual([]);
});

test('what is added, and another name of an operation, breaks nothing', () => {
  const after: Part = present();
  after['paths']['/v1/later'] = after['paths']['/v1/feed'];
  after['paths']['/v1/feed'].get.operationId = 'listHomePosts';
  post(after)['properties'].later = { type: 'string' };
  post(after)['properties'].state['x-extensible-enum'].push('later');
  newPost(after)['properties'].later = { type: 'string' };
  newPost(after)['properties'].caption.maxLength = 9_000;
  expect(contractBreaks(present(), after as Contract)).toEqual([]);
});
