import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { Raw, STREAM } from './harness/tus.js';
import { chunk, partEnd, partHead, uploadHead, Wire } from './harness/wire.js';

const MiB = 1024 * 1024;
const piece = Buffer.alloc(MiB, 7);
/** The beginning of a JPEG; the rest is not checked while it is received. */
const start = Buffer.concat([
  Buffer.from(partHead),
  Buffer.from([0xff, 0xd8, 0xff, 0xe0]),
  Buffer.alloc(MiB),
]);

let stack: Stack;
let ada: Person;

beforeAll(async () => {
  stack = await startStack({ worker: 0 });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

const begin = async (...headers: string[]) => {
  const wire = await Wire.open(stack.url);
  await wire.send(uploadHead(ada.session.accessToken, ...headers));
  return wire;
};
const rows = async () => {
  const [found] = await stack.database.query<{ count: string }>('SELECT count(*) FROM photos');
  return Number(found?.count);
};

/** The pieces that the server accepts before it closes the connection. */
async function sendOn(wire: Wire, most: number, wrap = (bytes: Buffer) => bytes): Promise<number> {
  for (let sent = 0; sent < most; sent += 1) if (!(await wire.send(wrap(piece)))) return sent;
  return most;
}

describe('an upload that is too large', () => {
  test('is refused by its declared length, before any of it is sent', async () => {
    const wire = await begin(`Content-Length: ${60 * MiB}`);
    expect(await wire.until(/"photo_too_large"/)).toContain('HTTP/1.1 413');
    wire.drop();
  });

  test('is refused as soon as it exceeds the limit when nothing was declared', async () => {
    const wire = await begin('Transfer-Encoding: chunked');
    await wire.send(chunk(start));
    await sendOn(wire, 50, chunk);
    expect(await wire.until(/"photo_too_large"/)).toContain('"limit":52428800');
    wire.drop();
    await expect.poll(rows).toBe(0);
  });

  test.each(['keep-alive', 'close'])(
    'is seen to be refused by a client that sends all of it first (Connection: %s)',
    async (connection) => {
      const wire = await begin(`Content-Length: ${60 * MiB}`, `Connection: ${connection}`);
      await wire.send(start);
      await sendOn(wire, 58);
      await wire.send(Buffer.alloc(60 * MiB - start.length - 58 * MiB));
      expect(await wire.answer()).toMatch(/^HTTP\/1\.1 413 [^]*"code":"photo_too_large"/);
    },
  );

  test('is not read for ever', async () => {
    const wire = await begin('Transfer-Encoding: chunked');
    await wire.send(chunk(start));
    expect(await sendOn(wire, 1_000, chunk)).toBeLessThan(200);
  });

  test('is seen to be refused by everyday clients', async () => {
    const bytes = Buffer.concat([start.subarray(partHead.length), Buffer.alloc(59 * MiB)]);
    const form = new FormData();
    form.set('file', new Blob([bytes]), 'photo.jpg');
    const authorization = `Bearer ${ada.session.accessToken}`;
    const fetched = await fetch(`${stack.url}/v1/photos`, {
      method: 'POST',
      body: form,
      headers: { authorization },
    });
    expect(fetched.status).toBe(413);
    refused(
      await ada.request('post', '/v1/photos').attach('file', bytes, 'photo.jpg'),
      413,
      'photo_too_large',
    );
  });
});

describe('a body that was refused for another reason', () => {
  test('is taken to its end all the same, so that its client sees why', async () => {
    const garbage = await Wire.open(stack.url);
    await garbage.send(uploadHead('garbage', `Content-Length: ${30 * MiB}`));
    await sendOn(garbage, 30);
    expect(await garbage.answer()).toContain('"code":"token_invalid"');

    const text = await begin(`Content-Length: ${partHead.length + 30 * MiB}`);
    await text.send(partHead);
    await sendOn(text, 30);
    expect(await text.answer()).toContain('"code":"unsupported_media_type"');

    const json = await Wire.open(stack.url);
    const head = 'POST /v1/users HTTP/1.1\r\nHost: narwhal\r\nContent-Type: application/json\r\n';
    await json.send(`${head}Content-Length: ${30 * MiB}\r\n\r\n`);
    await sendOn(json, 30);
    expect(await json.answer()).toContain('"code":"body_too_large"');
  });
});

describe('a body that is cut off half way', () => {
  test.each(['Content-Length: 9000000', 'Transfer-Encoding: chunked'])(
    'leaves nothing behind (%s)',
    async (length) => {
      const wire = await begin(length);
      await wire.send(length.startsWith('T') ? chunk(start) : start);
      await expect.poll(rows).toBe(1);
      wire.drop();
      await expect.poll(rows).toBe(0);
    },
  );

  test('is 400 when the connection still stands', async () => {
    const wire = await begin('Transfer-Encoding: chunked');
    await wire.send(chunk(start));
    await wire.send('0\r\n\r\n');
    expect(await wire.until(/"body_incomplete"/)).toContain('HTTP/1.1 400');
    wire.drop();
    await expect.poll(rows).toBe(0);
  });
});

describe('a client that asks whether to go on', () => {
  const asking = async (token: string, length: number, method = 'Expect: 100-continue') => {
    const wire = await Wire.open(stack.url);
    await wire.send(uploadHead(token, `Content-Length: ${length}`, method));
    return wire;
  };

  test('is told to, and then answered', async () => {
    const { bytes } = await drawn({ width: 300, height: 200 });
    const body = Buffer.concat([Buffer.from(partHead), bytes, Buffer.from(partEnd)]);
    const wire = await begin(`Content-Length: ${body.length}`, 'Expect: 100-continue', 'Connection: close');
    expect(await wire.until(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    await wire.send(body);
    expect(await wire.answer()).toContain('HTTP/1.1 202');
  });

  test('is refused instead for its token, its length and its quota, and need not send a byte', async () => {
    const linus = await signUp(stack, 'linus');
    await stack.database.query(
      `INSERT INTO photo_usage (shard, owner_id, day, photos) VALUES (shard_of($1), $1, (now() AT TIME ZONE 'utc')::date, 1000000)`,
      [linus.id],
    );
    for (const [token, length, code] of [
      ['garbage', 9_000, 'token_invalid'],
      [ada.session.accessToken, 60 * MiB, 'photo_too_large'],
      [linus.session.accessToken, 9_000_000, 'quota_exceeded'],
    ] as const) {
      const wire = await asking(token, length);
      const answer = await wire.until(/"requestId":"[^"]+"/);
      expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 4\\d\\d [^]*"code":"${code}"`));
      expect(answer).not.toContain('100 Continue');
      // Further bytes are still discarded.
      await wire.send(piece.subarray(0, 9_000));
      wire.drop();
    }
  });

  test('is refused instead for its token and its length, too, where it sends JSON', async () => {
    for (const [token, length, code] of [
      ['garbage', 40, 'token_invalid'],
      [ada.session.accessToken, 60 * MiB, 'body_too_large'],
    ] as const)
      for (const path of ['/v1/posts', '/v1/notifications/read']) {
        const wire = await Wire.open(stack.url);
        const lines = [`POST ${path} HTTP/1.1`, 'Host: x', `Authorization: Bearer ${token}`];
        const body = ['Content-Type: application/json', `Content-Length: ${length}`, 'Expect: 100-continue'];
        await wire.send(`${[...lines, ...body].join('\r\n')}\r\n\r\n`);
        const answer = await wire.until(/"requestId":"[^"]+"|100 Continue/);
        expect(answer).toMatch(new RegExp(`^HTTP/1\\.1 4\\d\\d [^]*"code":"${code}"`));
        wire.drop();
      }
  });

  test('is told so where it sends JSON, or the bytes of a resumable upload', async () => {
    const json = await Wire.open(stack.url);
    const lines = [
      'POST /v1/sessions HTTP/1.1',
      'Host: x',
      'Content-Type: application/json',
      'Expect: 100-continue',
    ];
    await json.send(`${lines.join('\r\n')}\r\nConnection: close\r\nContent-Length: 2\r\n\r\n`);
    expect(await json.until(/\r\n\r\n/)).toContain('100 Continue');
    await json.send('{}');
    expect(await json.answer()).toContain('HTTP/1.1 422');

    const upload = await Raw.begin(stack, ada, 5_000);
    const tus = await Wire.open(stack.url);
    const patch = (location: string) =>
      [
        `PATCH ${location} HTTP/1.1`,
        'Host: x',
        'Tus-Resumable: 1.0.0',
        'Upload-Offset: 0',
        `Content-Type: ${STREAM}`,
        'Content-Length: 16',
        'Expect: 100-continue\r\n\r\n',
      ].join('\r\n');
    await tus.send(patch(upload.location));
    expect(await tus.until(/\r\n\r\n/)).toBe('HTTP/1.1 100 Continue\r\n\r\n');
    tus.drop();
    const wrong = await Wire.open(stack.url);
    await wrong.send(patch(`${upload.location}x`));
    expect(await wrong.until(/"requestId"/)).toMatch(/^HTTP\/1\.1 404 /);
    wrong.drop();
  });

  test('expects nothing else', async () => {
    for (const expectation of ['Expect: 200-ok', 'Expect: x']) {
      const wire = await asking(ada.session.accessToken, 9_000, expectation);
      const answer = await wire.until(/"requestId":"[^"]+"/);
      expect(answer).toMatch(/^HTTP\/1\.1 417 [^]*application\/problem\+json[^]*"code":"expectation_failed"/);
      expect(answer).toContain('access-control-allow-origin: *');
      wire.drop();
    }
  });
});

test('what is no HTTP, or too much of it, is refused in the same form', async () => {
  for (const [sent, status, code] of [
    ['NONSENSE\r\n\r\n', 400, 'request_invalid'],
    ['GET /v1/feed HTTP/1.1\r\nHost: x\r\nContent-Length: many\r\n\r\n', 400, 'request_invalid'],
    [`GET /v1/feed HTTP/1.1\r\nHost: x\r\nX-Long: ${'x'.repeat(20_000)}\r\n\r\n`, 431, 'headers_too_large'],
    [`GET /${'x'.repeat(20_000)} HTTP/1.1\r\nHost: x\r\n\r\n`, 431, 'headers_too_large'],
  ] as const) {
    const wire = await Wire.open(stack.url);
    await wire.send(sent);
    const [head = '', body = ''] = (await wire.answer()).split('\r\n\r\n');
    expect(head).toMatch(new RegExp(`^HTTP/1\\.1 ${status} `));
    expect(head).toContain('content-type: application/problem+json');
    expect(head).toContain('access-control-allow-origin: *');
    expect(JSON.parse(body)).toMatchObject({
      status,
      code,
      requestId: /x-request-id: (\S+)/.exec(head)?.[1],
    });
  }
  await request(stack.url).get('/health/live').expect(200);
});
