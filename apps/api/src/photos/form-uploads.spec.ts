import multipart from '@fastify/multipart';
import type { Config, Id } from '@app/platform';
import { IdempotencyRows } from '@app/storage';
import fastify, { type FastifyInstance } from 'fastify';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { jpeg, PhotoRoom } from '../../../../test/harness/photo-room.js';
import { Idempotency } from '../http/idempotency.js';
import { FormUploads } from './form-uploads.js';

let room: PhotoRoom;
let server: FastifyInstance;
let address: string;
let ada: Id;

beforeAll(async () => {
  room = await PhotoRoom.open();
  ada = await room.person();
  const idempotency = new Idempotency(
    { TOKEN_KEYS: [] } as unknown as Config,
    new IdempotencyRows(),
    room.work,
  );
  const forms = new FormUploads(room.photos, room.quota, idempotency);
  server = fastify();
  await server.register(multipart);
  server.post('/', (request) => forms.upload(request, ada));
  address = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterAll(async () => {
  await server.close();
  await room.close();
});

interface Part {
  name: string;
  type?: string;
  content: string | Buffer;
}

async function send(...parts: Part[]) {
  const body = parts.flatMap(({ name, type, content }) => [
    `--fog\r\nContent-Disposition: form-data; name="${name}"\r\n${type ? `Content-Type: ${type}\r\n` : ''}\r\n`,
    content,
    '\r\n',
  ]);
  const response = await fetch(address, {
    method: 'POST',
    headers: { 'content-type': 'multipart/form-data; boundary=fog' },
    body: Buffer.concat([...body, '--fog--\r\n'].map((piece) => Buffer.from(piece))),
  });
  return (await response.json()) as Record<string, unknown>;
}

const file = (bytes: number): Part => ({ name: 'file', content: jpeg(bytes) });
const altTextOf = async (id: unknown) =>
  (await room.database.query('SELECT alt_text FROM photos WHERE id = $1', [id]))[0];

test('parts are known by their names, in any order, with or without a type', async () => {
  const made = await send({ name: 'altText', content: 'Fog' }, file(300));
  expect(made).toMatchObject({ status: 202 });
  expect(await altTextOf(made['id'])).toEqual({ alt_text: 'Fog' });
});

test('a description that a client serialised as JSON loses its quotes', async () => {
  const made = await send(file(310), { name: 'altText', type: 'application/json', content: '"Fog"' });
  expect(await altTextOf(made['id'])).toEqual({ alt_text: 'Fog' });
});

test('the same bytes make no second photo', async () => {
  const made = await send(file(320));
  expect(await send(file(320))).toMatchObject({ status: 200, id: made['id'] });
});

test.each<[string, Part[], string]>([
  ['without a photo', [{ name: 'altText', content: 'Fog' }], 'validation_failed'],
  ['with two photos', [file(330), file(331)], 'validation_failed'],
  ['with an unknown part', [file(332), { name: 'caption', content: 'Fog' }], 'validation_failed'],
  [
    'with too long a description',
    [file(333), { name: 'altText', content: 'a'.repeat(20_000) }],
    'validation_failed',
  ],
  [
    'with a description that is not UTF-8',
    [file(334), { name: 'altText', content: Buffer.from([0xff]) }],
    'request_invalid',
  ],
  ['with something else', [{ name: 'file', content: 'Fog' }], 'unsupported_media_type'],
])('a form %s is refused, and leaves nothing behind', async (_, parts, code) => {
  const before = await room.photosOf(ada);
  expect(await send(...parts)).toMatchObject({ code });
  expect(await room.photosOf(ada)).toEqual(before);
});
