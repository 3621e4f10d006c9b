import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Photo, ProblemBody } from './harness/contract.js';
import { signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let seed = 40_000;

beforeAll(async () => {
  stack = await startStack({ worker: 0, env: { RATE_LIMITS: 'off' } });
  ada = await signUp(stack, 'ada');
});
afterAll(() => stack.stop());

type Part = readonly [head: string, body: string | Buffer];
const PICTURE = 'the picture';
const B = 'a-boundary';

/** The bytes of a form. */
function bytesOf(parts: readonly Part[], picture: Buffer, boundary = B): Buffer {
  const pieces = parts.flatMap(([head, body]) => [
    `--${boundary}\r\n${head.split('\n').join('\r\n')}\r\n\r\n`,
    body === PICTURE ? picture : body,
    '\r\n',
  ]);
  return Buffer.concat([...pieces, `--${boundary}--\r\n`].map((piece) => Buffer.from(piece)));
}

async function post(body: Buffer, type = `multipart/form-data; boundary=${B}`) {
  const answer = await fetch(`${stack.url}/v1/photos`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ada.session.accessToken}`, 'content-type': type },
    body: new Uint8Array(body),
  });
  return { status: answer.status, body: (await answer.json()) as Photo & ProblemBody };
}

const picture = async () => (await drawn({ seed: (seed += 1), width: 200, height: 150 })).bytes;
const send = async (parts: readonly Part[]) => post(bytesOf(parts, await picture()));

const file: Part = ['Content-Disposition: form-data; name="file"; filename="photo.jpg"', PICTURE];
const altText = (head: string, body: string | Buffer = 'Fog 🌊'): Part => [
  `Content-Disposition: form-data; name="altText"${head}`,
  body,
];

describe('a form as clients write it', () => {
  const written: [string, string, string, Part[]][] = [
    [
      'fetch of a browser',
      '----WebKitFormBoundary7MA4YWxkTrZu0gW',
      '',
      [
        altText(''),
        [
          'Content-Disposition: form-data; name="file"; filename="Fog %22at%22 sea.jpg"\nContent-Type: image/jpeg',
          PICTURE,
        ],
      ],
    ],
    [
      'OkHttp',
      '3c1c1b9e-4f0e-4bb5-a9ac-2f0e37d4a1f1',
      '',
      [
        altText('\nContent-Length: 8'),
        [
          'Content-Disposition: form-data; name="file"; filename="photo.jpg"\nContent-Type: image/jpeg\nContent-Length: 9000',
          PICTURE,
        ],
      ],
    ],
    [
      'Retrofit, of a text',
      '3c1c1b9e-4f0e-4bb5-a9ac-2f0e37d4a1f1',
      '',
      [
        altText(
          '\nContent-Transfer-Encoding: binary\nContent-Type: application/json; charset=UTF-8\nContent-Length: 10',
          '"Fog 🌊"',
        ),
        file,
      ],
    ],
    [
      'http of Dart',
      'dart-http-boundary-D_+x.8vTqYRp0-J1kWm+3fZl.uNQo_XsEbC5aAhGidMy7rjLV',
      '',
      [
        [
          'content-disposition: form-data; name="altText"\ncontent-type: text/plain; charset=utf-8\ncontent-transfer-encoding: binary',
          'Fog 🌊',
        ],
        ['content-type: application/octet-stream\ncontent-disposition: form-data; name="file"', PICTURE],
      ],
    ],
    [
      'React Native',
      'kYFrd4jNJEgCervEwCfU3lC0x5ZrBMWX',
      '',
      [
        [
          `content-disposition: form-data; name="file"; filename="photo.jpg"; filename*=utf-8''photo.jpg\ncontent-type: image/jpeg`,
          PICTURE,
        ],
        ['content-disposition: form-data; name="altText"', 'Fog 🌊'],
      ],
    ],
    [
      '.NET',
      '9b1f6c1e-0d1e-4b0a-9f63-5d3f6f0e7a10',
      'quoted',
      [
        ['Content-Type: text/plain; charset=utf-8\nContent-Disposition: form-data; name=altText', 'Fog 🌊'],
        [
          `Content-Disposition: form-data; name=file; filename=photo.jpg; filename*=utf-8''f%C3%B6g.jpg`,
          PICTURE,
        ],
      ],
    ],
    [
      'requests of Python, of a file beside a file',
      'd74496d66958873e',
      '',
      [altText('; filename="altText"'), file],
    ],
    [
      'FormData, of a Blob',
      '----formdata-undici-012345678901',
      '',
      [file, altText('; filename="blob"\nContent-Type: application/octet-stream')],
    ],
    [
      'a client that names its file in another alphabet alone',
      'x',
      '',
      [altText(''), [`Content-Disposition: form-data; name="file"; filename*=utf-8''%E9%9C%A7.jpg`, PICTURE]],
    ],
  ];

  test.each(written)('%s is taken, with its words', async (_, boundary, quoted, parts) => {
    const body = bytesOf(parts, await picture(), boundary);
    const named = quoted === '' ? boundary : `"${boundary}"`;
    const answer = await post(body, `multipart/form-data; boundary=${named}`);
    expect(answer).toMatchObject({ status: 202, body: { altText: 'Fog 🌊', state: 'processing' } });
  });

  test('may have lines before it and behind it', async () => {
    const form = bytesOf([altText(''), file], await picture());
    const body = Buffer.concat([Buffer.from('a preamble\r\n'), form, Buffer.from('an epilogue\r\n')]);
    const answer = await post(body, `multipart/form-data; charset=utf-8; boundary=${B}`);
    expect(answer).toMatchObject({ status: 202, body: { altText: 'Fog 🌊' } });
  });

  test('without a file, or with an empty one, is told so', async () => {
    const errors = [{ pointer: '/file', code: 'required', params: {} }];
    expect(await send([altText('')])).toMatchObject({ status: 422, body: { errors } });
    expect(await post(Buffer.from(''))).toMatchObject({ status: 422, body: { errors } });
    for (const head of ['; filename=""\nContent-Type: application/octet-stream', '; filename="a.jpg"', '']) {
      const answer = await send([[`Content-Disposition: form-data; name="file"${head}`, '']]);
      const body = { code: 'unsupported_media_type', params: { received: 'an empty file' } };
      expect(answer).toMatchObject({ status: 415, body });
    }
  });
});

describe('a form that cannot be read as it is meant', () => {
  test('is told of its boundary: none, or another than its body has', async () => {
    const body = bytesOf([file], await picture());
    for (const type of ['multipart/form-data', 'multipart/form-data; charset=utf-8']) {
      const answer = await post(body, type);
      expect(answer).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
      expect(answer.body.detail).toContain('names no boundary');
    }
    const other = await post(body, 'multipart/form-data; boundary=another');
    expect(other).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect(other.body.detail).toContain('nowhere in its body');
    const mixed = await post(body, `multipart/mixed; boundary=${B}`);
    expect(mixed).toMatchObject({ status: 415, body: { params: { expected: 'multipart/form-data' } } });
  });

  test('is told of each part that is too many, or that nobody knows', async () => {
    const answer = await send([
      altText(''),
      altText('; filename="b"', 'Sea'),
      file,
      file,
      ['Content-Disposition: form-data; name="caption"', 'Sun'],
    ]);
    expect(answer).toMatchObject({ status: 422, body: { code: 'validation_failed' } });
    expect(answer.body.errors).toEqual([
      { pointer: '/altText', code: 'too_many', params: { limit: 1 } },
      { pointer: '/file', code: 'too_many', params: { limit: 1 } },
      { pointer: '/caption', code: 'unknown_field', params: {} },
    ]);
    const many = await send([file, ...Array.from({ length: 20 }, () => altText(''))]);
    expect(many.body.errors).toEqual([{ pointer: '', code: 'too_many', params: { limit: 8 } }]);
  });

  test('is told of its words: too long, not UTF-8, with a character that may not be', async () => {
    const long = await send([altText('', 'a'.repeat(1_001)), file]);
    expect(long.body.errors).toEqual([
      { pointer: '/altText', code: 'too_long', params: { limit: 1_000, actual: 1_001 } },
    ]);
    const longer = await send([file, altText('', 'é'.repeat(500_000))]);
    expect(longer.body.errors).toMatchObject([{ pointer: '/altText', code: 'too_long' }]);
    const latin = await send([
      altText('\nContent-Type: text/plain; charset=iso-8859-1', Buffer.from('Été', 'latin1')),
      file,
    ]);
    expect(latin).toMatchObject({ status: 400, body: { code: 'request_invalid' } });
    expect(latin.body.detail).toContain('not UTF-8');
    const rung = await send([file, altText('', 'a bell\u0007')]);
    expect(rung.body.errors).toEqual([
      {
        pointer: '/altText',
        code: 'character_not_allowed',
        params: { character: 'U+0007', position: 6 },
      },
    ]);
  });

  test('leaves nothing behind', async () => {
    const rows = () => stack.database.query(`SELECT 1 FROM photos WHERE state = 'uploading'`);
    await expect.poll(rows).toEqual([]);
  });
});
