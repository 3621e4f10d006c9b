import { gunzipSync } from 'node:zlib';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { compressJson, takesGzip } from './compression.js';

let server: FastifyInstance;
const headers = { 'accept-encoding': 'gzip' };
/** Long enough that none is compressed before all have been asked for. */
const long = JSON.stringify(Array.from({ length: 100_000 }, (_, id) => id));

beforeEach(() => {
  server = Fastify();
  compressJson(server);
  server.get('/', (_, reply) => reply.type('application/json').send(long));
  server.get('/text', (_, reply) => reply.type('text/event-stream').send('data: \n\n'.repeat(1_000)));
  server.get('/done', (_, reply) =>
    reply.type('application/json').header('content-encoding', 'br').send('x'.repeat(2_000)),
  );
});
afterEach(() => server.close());

test('a crowd gets some answers compressed and the others as they are, and nothing waits', async () => {
  const answers = await Promise.all(Array.from({ length: 60 }, () => server.inject({ url: '/', headers })));
  const zipped = answers.filter((answer) => answer.headers['content-encoding'] === 'gzip');
  expect(zipped.length).toBeGreaterThanOrEqual(16);
  expect(zipped.length).toBeLessThan(60);
  for (const answer of answers) {
    const bytes = zipped.includes(answer) ? gunzipSync(answer.rawPayload) : answer.rawPayload;
    expect(bytes.toString() === long).toBe(true);
    expect(answer.headers['vary']).toBe('Accept-Encoding');
  }
  expect((await server.inject({ url: '/', headers })).headers['content-encoding']).toBe('gzip');
});

test('what is not JSON, or is compressed already, stays as it is', async () => {
  const text = await server.inject({ url: '/text', headers });
  expect(text.headers).not.toHaveProperty('content-encoding');
  expect(text.headers).not.toHaveProperty('vary');
  const done = await server.inject({ url: '/done', headers });
  expect(done.headers['content-encoding']).toBe('br');
  expect(done.payload).toBe('x'.repeat(2_000));
});

test.each([
  ['gzip, deflate, br', true],
  ['br;q=1.0, gzip;q=0.2', true],
  ['*', true],
  ['GZIP', true],
  ['gzip;q=0', false],
  ['*, gzip;q=0.0', false],
  ['identity', false],
  ['br', false],
  ['', false],
  [undefined, false],
])('whether gzip is taken: %s', (header, taken) => {
  expect(takesGzip(header)).toBe(taken);
});
