import { createHash } from 'node:crypto';
import { connect } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import type { ProblemBody } from './contract.js';
import type { Person } from './people.js';
import type { Stack } from './stack.js';
import { patient } from './pace.js';

export const STREAM = 'application/offset+octet-stream';
export const base64 = (text: string) => Buffer.from(text).toString('base64');
export const hashOf = (bytes: Uint8Array, algorithm = 'sha256') =>
  createHash(algorithm).update(bytes).digest();
export const codeOf = (response: { body: unknown }) => (response.body as ProblemBody).code;

export function create(person: Person, length: number, headers: Record<string, string> = {}) {
  return person
    .request('post', '/v1/uploads')
    .set({ 'Tus-Resumable': '1.0.0', 'Upload-Length': String(length), ...headers });
}

/** A handwritten tus client; `api` selects its process. */
export class Raw {
  constructor(
    private readonly stack: Stack,
    readonly location: string,
    private readonly api = 0,
  ) {}

  private get url(): string {
    return this.stack.apis[this.api]?.url ?? '';
  }

  static async begin(
    stack: Stack,
    person: Person,
    length: number,
    headers: Record<string, string> = {},
  ): Promise<Raw> {
    const response = await create(person, length, headers).expect(201);
    return new Raw(stack, response.headers['location'] ?? '');
  }

  head() {
    return request(this.url).head(this.location).set('Tus-Resumable', '1.0.0');
  }

  patch(offset: number, bytes: Buffer, headers: Record<string, string> = {}) {
    return request(this.url)
      .patch(this.location)
      .set({ 'Tus-Resumable': '1.0.0', 'Upload-Offset': String(offset), 'Content-Type': STREAM, ...headers })
      .send(bytes);
  }

  end() {
    return request(this.url).delete(this.location).set('Tus-Resumable', '1.0.0');
  }

  on(api: number): Raw {
    return new Raw(this.stack, this.location, api);
  }

  /** The same upload under another URL. */
  at(location: string): Raw {
    return new Raw(this.stack, location, this.api);
  }

  /** A PATCH that sends some bytes and then hangs, holding the connection. */
  async hang(offset: number, promised: number, bytes: Buffer) {
    const { hostname, port } = new URL(this.url);
    const socket = connect(Number(port), hostname);
    let answer = '';
    socket.on('data', (chunk: Buffer) => (answer += chunk.toString())).on('error', () => undefined);
    const lines = [
      `PATCH ${this.location} HTTP/1.1`,
      'Host: narwhal.test',
      'Tus-Resumable: 1.0.0',
      `Upload-Offset: ${offset}`,
      `Content-Type: ${STREAM}`,
      `Content-Length: ${promised}`,
    ];
    socket.write(`${lines.join('\r\n')}\r\n\r\n`);
    socket.write(bytes);
    await sleep(patient(300));
    return { send: (more: Buffer) => socket.write(more), answer: () => answer, end: () => socket.destroy() };
  }
}

/** The original of a photo, byte for byte, as its owner downloads it. */
export async function originalOf(owner: Person, photoId: string): Promise<Buffer> {
  const response = await owner.request('get', `/v1/photos/${photoId}/original`).buffer(true).expect(200);
  return response.body as Buffer;
}

export const photosOf = (stack: Stack, person: { id: string }) =>
  stack.database.query<{ id: string; sha256: Buffer; folder: string }>(
    'SELECT id, sha256, folder FROM photos WHERE owner_id = $1 ORDER BY id',
    [person.id],
  );
