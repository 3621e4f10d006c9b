/**
 * A client inside a machine's network, run by Node itself: `photo FILE [TOKEN]` uploads one photo and reads it back, `fill
 * COUNT FILE` posts photos and prints their owner, `flood COUNT FILE TOKEN` uploads four at once until all are ready, `look
 * TOKEN POST` reads a post and its picture, `load TOKEN POST` reads and writes until stopped (SIGTERM) and then prints the
 * failures, `formats` uploads a photo of every accepted format. Prints one line of JSON.
 */
import { readFileSync } from 'node:fs';
import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { developEveryFormat } from '../fixtures/develop-every-format.mjs';

const origin = 'http://127.0.0.1';

interface Answer {
  status: number;
  body: Record<string, unknown>;
}

async function ask(method: string, path: string, token = '', body?: unknown): Promise<Answer> {
  const headers: Record<string, string> = token ? { authorization: `Bearer ${token}` } : {};
  let payload: string | FormData | undefined;
  if (body instanceof FormData) {
    payload = body;
    headers.prefer = 'wait=5';
  } else if (body !== undefined) {
    payload = JSON.stringify(body);
    headers['content-type'] = 'application/json';
  }
  if (method === 'POST') headers['idempotency-key'] = randomUUID();
  const response = await fetch(`${origin}${path}`, {
    method,
    headers,
    body: payload,
    signal: AbortSignal.timeout(30_000),
  });
  return { status: response.status, body: (await response.json()) as Record<string, unknown> };
}

async function must(...args: Parameters<typeof ask>): Promise<Record<string, unknown>> {
  const { status, body } = await ask(...args);
  if (status >= 300) throw new Error(`${args[0]} ${args[1]}: ${status} ${JSON.stringify(body)}`);
  return body;
}

async function signUp(): Promise<string> {
  const username = `p${Date.now().toString(36)}`;
  const person = { username, email: `${username}@example.org`, password: 'correct horse battery staple' };
  const { session } = (await must('POST', '/v1/users', '', person)) as { session: { accessToken: string } };
  return session.accessToken;
}

async function fetched(url: unknown) {
  const image = await fetch(String(url));
  const size = (await image.arrayBuffer()).byteLength;
  const { headers } = image;
  return { picture: image.status, size, type: headers.get('content-type'), server: headers.get('server') };
}

/** The same photograph with different bytes. */
function copyOf(file: Buffer): FormData {
  const form = new FormData();
  form.set('file', new Blob([file, randomUUID()], { type: 'image/jpeg' }), 'photo.jpg');
  return form;
}

async function fill(count: number, file: Buffer): Promise<unknown> {
  const token = await signUp();
  for (let number = 0; number < count; number += 1) {
    const { id } = await must('POST', '/v1/photos', token, copyOf(file));
    await must('POST', '/v1/posts', token, { photoIds: [id], caption: `Number ${number}` });
  }
  return { token };
}

async function flood(count: number, file: Buffer, token: string): Promise<unknown> {
  const begun = performance.now();
  let left = count;
  const one = async () => {
    while (left > 0) {
      left -= 1;
      let sent = await must('POST', '/v1/photos', token, copyOf(file));
      for (; sent.state !== 'ready'; sent = await must('GET', `/v1/photos/${String(sent.id)}`, token)) {
        if (sent.state === 'rejected') throw new Error(JSON.stringify(sent));
        await sleep(100);
      }
    }
  };
  await Promise.all(Array.from({ length: 4 }, one));
  return { seconds: (performance.now() - begun) / 1000 };
}

interface Shown {
  renditions?: Record<string, { url: string }>;
}

async function photo(file: string, known: string | undefined): Promise<unknown> {
  const token = known ?? (await signUp());
  const form = new FormData();
  form.set('file', new Blob([readFileSync(file)], { type: 'image/jpeg' }), 'photo.jpg');
  const sent = await must('POST', '/v1/photos', token, form);
  const post = await must('POST', '/v1/posts', token, { photoIds: [sent.id], caption: 'From a machine' });
  const feed = (await must('GET', '/v1/feed', token)) as { items: { id: string }[] };
  const [picture] = Object.values((sent as Shown).renditions ?? {});
  const inFeed = feed.items.some(({ id }) => id === post.id);
  return { state: sent.state, inFeed, ...(await fetched(picture?.url)), token, post: post.id };
}

async function look(token: string, post: string): Promise<unknown> {
  const { caption, photos } = (await must('GET', `/v1/posts/${post}`, token)) as {
    caption: string;
    photos: Shown[];
  };
  const [picture] = Object.values(photos[0]?.renditions ?? {});
  return { caption, ...(await fetched(picture?.url)) };
}

async function load(token: string, post: string): Promise<unknown> {
  const counts = { requests: 0, reads: 0, writes: 0, failures: [] as string[], slowest: 0 };
  let going = true;
  process.once('SIGTERM', () => (going = false));
  const one = async (number: number) => {
    for (let turn = 0; going; turn += 1) {
      const writes = (turn + number) % 4 === 0;
      const begun = performance.now();
      const answer = await (
        writes
          ? ask('POST', `/v1/posts/${post}/comments`, token, { text: `comment ${number}.${turn}` })
          : ask('GET', '/v1/feed', token)
      ).catch((error: unknown) => ({ status: 0, body: { error: String(error) } }));
      counts.requests += 1;
      counts[writes ? 'writes' : 'reads'] += 1;
      counts.slowest = Math.max(counts.slowest, Math.round(performance.now() - begun));
      if (answer.status < 200 || answer.status >= 300) {
        counts.failures.push(
          `${writes ? 'POST' : 'GET'} ${answer.status} ${JSON.stringify(answer.body).slice(0, 200)}`,
        );
      }
      await sleep(100);
    }
  };
  process.stdout.write('{"started":true}\n');
  await Promise.all(Array.from({ length: 8 }, (_, number) => one(number)));
  return counts;
}

const [command = '', first = '', second, third = ''] = process.argv.slice(2);
const commands: Record<string, () => Promise<unknown>> = {
  photo: () => photo(first, second),
  fill: () => fill(Number(first), readFileSync(second ?? '')),
  flood: () => flood(Number(first), readFileSync(second ?? ''), third),
  formats: () => developEveryFormat(origin),
  look: () => look(first, second ?? ''),
  load: () => load(first, second ?? ''),
};
const result = await commands[command]?.();
process.stdout.write(`${JSON.stringify(result)}\n`);
