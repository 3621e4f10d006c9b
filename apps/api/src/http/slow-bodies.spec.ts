import { setTimeout as sleep } from 'node:timers/promises';
import { Problem, type Config } from '@app/platform';
import Fastify, { type FastifyInstance } from 'fastify';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { Wire } from '../../../../test/harness/wire.js';
import { boundBodies } from './slow-bodies.js';
import { refuseOnSocket } from './unreadable.js';

let server: FastifyInstance;
let url: string;
const open: Wire[] = [];

beforeEach(async () => {
  server = Fastify({ clientErrorHandler: refuseOnSocket({ CORS_ORIGINS: [] } as unknown as Config) });
  boundBodies(server, { silence: 300, all: 3, network: 2 });
  server.setErrorHandler((error, _request, reply) =>
    reply.status((error as Problem).status).send({ code: (error as Problem).code }),
  );
  server.post('/', (request) => request.body);
  url = await server.listen({ port: 0, host: '127.0.0.1' });
});
afterEach(async () => {
  for (const wire of open.splice(0)) wire.drop();
  await server.close();
});

/** Sends the head and the first byte of a body of two. */
async function begun(): Promise<Wire> {
  const wire = await Wire.open(url);
  open.push(wire);
  await wire.send('POST / HTTP/1.1\r\nHost: a\r\nContent-Type: text/plain\r\nContent-Length: 60\r\n\r\n.');
  return wire;
}

test('a body that stands still is ended with 408, and its connection with it', async () => {
  expect(await (await begun()).answer()).toMatch(/^HTTP\/1\.1 408 .*"code":"request_timeout"/s);
});

test('one that moves is not, however slow it is', async () => {
  const wire = await begun();
  for (let sent = 1; sent < 60; sent += 1) {
    await sleep(20);
    await wire.send('.');
  }
  expect(await wire.until(/\.{60}$/)).toMatch(/^HTTP\/1\.1 200/);
});

test('more than a network may have unfinished are busy, until one of them is over', async () => {
  const [first] = [await begun(), await begun()];
  await expect.poll(async () => (await begun()).until(/}$/)).toMatch(/^HTTP\/1\.1 503 .*"code":"busy"/s);
  await first.send('.'.repeat(59));
  await first.until(/\.{60}$/);
  const next = await begun();
  await next.send('.'.repeat(59));
  expect(await next.until(/\.{60}$/)).toMatch(/^HTTP\/1\.1 200/);
});
