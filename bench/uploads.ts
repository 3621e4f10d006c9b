import { randomBytes } from 'node:crypto';
import { existsSync, readFileSync } from 'node:fs';
import { Agent, request as send } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type pg from 'pg';
import { madePhoto } from '../test/fixtures/photos.ts';

const agent = new Agent({ keepAlive: true });
const PATIENCE = 120_000;
const realPhoto = new URL('../../shared/photos/galaxy-s7-12mp-gps.jpg', import.meta.url).pathname;

/** The commonest upload: 12 MP from a phone; absent outside of this project's own machines. */
export async function photoBytes(): Promise<Buffer> {
  if (existsSync(realPhoto)) return readFileSync(realPhoto);
  console.log('../shared/photos is absent: a made photo of 12 MP stands in');
  return (await madePhoto(4_032, 3_024)).jpeg({ quality: 92 }).toBuffer();
}

export type Headers = Record<string, string | number>;
interface Answer {
  status: number;
  body: string;
  location: string;
  /** When the last byte was sent, in milliseconds since 1970. */
  sent: number;
}

function ask(url: string, method: string, headers: Headers, chunks: readonly Buffer[]): Promise<Answer> {
  const length = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  return new Promise((resolve, reject) => {
    const outgoing = send(url, { method, agent, headers: { ...headers, 'content-length': length } });
    let sent = 0;
    let body = '';
    outgoing.on('finish', () => (sent = Date.now()));
    outgoing.on('error', reject).on('response', (response) => {
      response.setEncoding('utf8').on('data', (text: string) => (body += text));
      response.on('end', () => {
        resolve({ status: response.statusCode ?? 0, location: response.headers.location ?? '', body, sent });
      });
    });
    for (const chunk of chunks) outgoing.write(chunk);
    outgoing.end();
  });
}

async function expectStatus(answer: Promise<Answer>, status: number): Promise<Answer> {
  const received = await answer;
  if (received.status !== status) throw new Error(`expected ${status} but received ${received.status}`);
  return received;
}

/** One upload of `photo`. */
export type Upload = (photo: Buffer) => Promise<Answer>;

/** Unless `salted` is false, a few bytes appended to each photo make it unique. */
export function multipart(url: string, headers: Headers, { salted = true } = {}): Upload {
  const head = Buffer.from(
    '--narwhal\r\ncontent-disposition: form-data; name="file"; filename="photo.jpg"\r\ncontent-type: image/jpeg\r\n\r\n',
  );
  const end = Buffer.from('\r\n--narwhal--\r\n');
  const all = { ...headers, 'content-type': 'multipart/form-data; boundary=narwhal' };
  const salt = () => randomBytes(salted ? 16 : 0);
  return (photo) => expectStatus(ask(url, 'POST', all, [head, photo, salt(), end]), 202);
}

/** Salted, too. */
export function tus(url: string, headers: Headers): Upload {
  const version = { 'tus-resumable': '1.0.0' };
  const type = { 'content-type': 'application/offset+octet-stream' };
  return async (photo) => {
    const begin = { ...headers, ...version, 'upload-length': photo.length + 16 };
    const { location } = await expectStatus(ask(`${url}/v1/uploads`, 'POST', begin, []), 201);
    const patch = { ...version, ...type, 'upload-offset': 0 };
    return expectStatus(ask(url + location, 'PATCH', patch, [photo, randomBytes(16)]), 204);
  };
}

/**
 * When a photo's row became ready, by PostgreSQL's clock, which is this machine's. Polled rarely: polling affects the
 * measurement.
 */
export async function readyAt(database: pg.Client | pg.Pool, id: string): Promise<number> {
  for (const deadline = Date.now() + PATIENCE; Date.now() < deadline; await sleep(50)) {
    const { rows } = await database.query<{ at: string | null; rejection: string | null }>(
      `SELECT extract(epoch FROM settled_at) * 1000 AS at, rejection FROM photos
       WHERE id = $1 AND state IN ('ready', 'rejected')`,
      [id],
    );
    if (rows[0]?.rejection) throw new Error(`photo ${id} is rejected: ${rows[0].rejection}`);
    if (rows[0]?.at) return Number(rows[0].at);
  }
  throw new Error(`photo ${id} is not ready after ${PATIENCE / 1_000} s`);
}

export function closeUploads(): void {
  agent.destroy();
}
