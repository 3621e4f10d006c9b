import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import sharp from 'sharp';
import type { EdgeClient, Got } from './edge-client.js';
import type { Sent } from './edge-requests.js';

/** The results of all requests of one kind. */
export interface Tally {
  sent: number;
  failed: number;
  /** Retried by the client: a read whose connection broke, a write that failed once. */
  again: number;
  /** Milliseconds. */
  slowest: number;
  faults: string[];
}

/** `get2` is a read over HTTP/2. */
export type LoadKind = 'get' | 'get2' | 'post' | 'upload';

const none = (): Tally => ({ sent: 0, failed: 0, again: 0, slowest: 0, faults: [] });

/** A user with an account, a post to comment on, and a picture to view. */
export interface Visitor {
  token: string;
  postId: string;
  picture: string;
}

async function smallPicture(seed: number): Promise<Buffer> {
  const background = { r: seed & 255, g: (seed >> 8) & 255, b: (seed >> 16) & 255 };
  return sharp({ create: { width: 160, height: 120, channels: 3, background } })
    .jpeg()
    .toBuffer();
}

export function formOf(bytes: Buffer): { headers: Record<string, string>; body: Buffer } {
  const head =
    '--edge\r\nContent-Disposition: form-data; name="file"; filename="a.jpg"\r\nContent-Type: image/jpeg\r\n\r\n';
  const body = Buffer.concat([Buffer.from(head), bytes, Buffer.from('\r\n--edge--\r\n')]);
  return { headers: { 'content-type': 'multipart/form-data; boundary=edge' }, body };
}

const json = { 'content-type': 'application/json' };

/** Makes a visitor through the edge itself. */
export async function arrive(client: EdgeClient): Promise<Visitor> {
  const name = `v${randomUUID().slice(0, 12).replaceAll('-', '')}`;
  const ask = async (sent: Sent) => {
    const { status, body } = await client.send(sent);
    if (status >= 300)
      throw new Error(`expected ${sent.method} ${sent.path} to succeed but received ${status} ${body}`);
    return JSON.parse(body) as Record<string, never>;
  };
  const account = { username: name, email: `${name}@example.org`, password: 'correct horse battery staple' };
  const { session } = (await ask({
    method: 'POST',
    path: '/v1/users',
    headers: json,
    body: JSON.stringify(account),
  })) as unknown as {
    session: { accessToken: string };
  };
  const authorization = `Bearer ${session.accessToken}`;
  const form = formOf(await smallPicture(7));
  const made = await ask({
    method: 'POST',
    path: '/v1/photos',
    headers: { ...form.headers, authorization, prefer: 'wait=5' },
    body: form.body,
  });
  const { id } = made as unknown as { id: string };
  let photo: { state: string; renditions: { w320: { url: string } } | null };
  do {
    photo = (await ask({
      method: 'GET',
      path: `/v1/photos/${id}`,
      headers: { authorization, prefer: 'wait=5' },
    })) as never;
  } while (photo.state === 'processing');
  const body = JSON.stringify({ photoIds: [id] });
  const post = (await ask({
    method: 'POST',
    path: '/v1/posts',
    headers: { ...json, authorization },
    body,
  })) as unknown as { id: string };
  const url = new URL(photo.renditions?.w320.url ?? '');
  return { token: session.accessToken, postId: post.id, picture: `${url.pathname}${url.search}` };
}

/** Requests at a steady rate, whether or not earlier ones were answered: this makes the cost of a hang visible. */
export class Load {
  readonly tallies: Record<LoadKind, Tally> = {
    get: none(),
    get2: none(),
    post: none(),
    upload: none(),
  };
  /** Texts of comments that were successfully posted. */
  readonly written: string[] = [];
  private readonly under: Promise<void>[] = [];
  private going = true;
  private seed = Math.floor(Math.random() * 0xffffff);
  private readonly done: Promise<void>;

  constructor(
    private readonly client: EdgeClient,
    private readonly visitor: Visitor,
    private readonly perSecond: number,
  ) {
    this.done = this.run();
  }

  private async run(): Promise<void> {
    const begun = performance.now();
    for (let count = 0; this.going; count += 1) {
      const due = begun + (count * 1_000) / this.perSecond;
      const early = due - performance.now();
      if (early > 1) await sleep(early);
      this.under.push(this.one(count));
    }
    await Promise.all(this.under);
  }

  /** Out of a hundred: one upload, 25 comments, 25 pictures, 49 pages of the feed; half of the reads by HTTP/2. */
  private one(count: number): Promise<void> {
    const part = count % 100;
    if (part === 50) return this.upload();
    if (part % 4 === 1) return this.post();
    return this.get(part % 4 === 3 ? this.visitor.picture : '/v1/feed', part % 8 > 3);
  }

  private async note(kind: LoadKind, work: () => Promise<Got & { again: number }>): Promise<Got | null> {
    const tally = this.tallies[kind];
    tally.sent += 1;
    const begun = performance.now();
    try {
      const got = await work();
      tally.again += got.again;
      if (got.status >= 300) throw new Error(`${got.status} ${got.body.slice(0, 400)}`);
      return got;
    } catch (error) {
      tally.failed += 1;
      tally.faults.push(`${kind} at ${new Date().toISOString().slice(14, 23)}: ${(error as Error).message}`);
      return null;
    } finally {
      tally.slowest = Math.max(tally.slowest, performance.now() - begun);
    }
  }

  private async get(path: string, http2: boolean): Promise<void> {
    const headers: Record<string, string> = path.startsWith('/v1')
      ? { authorization: `Bearer ${this.visitor.token}` }
      : {};
    await this.note(http2 ? 'get2' : 'get', async () => {
      const got = await this.client.send({ method: 'GET', path, headers, http2 });
      return { ...got, again: got.broken };
    });
  }

  /** With a key, and retried once when it fails: the behaviour of an app that follows the contract. */
  private keyed(sent: Sent): Promise<Got & { again: number }> {
    const headers = {
      ...sent.headers,
      authorization: `Bearer ${this.visitor.token}`,
      'idempotency-key': randomUUID(),
    };
    const send = () => this.client.send({ ...sent, headers });
    return send().then(
      (got) => (got.status < 500 ? { ...got, again: 0 } : this.again(send)),
      () => this.again(send),
    );
  }

  private async again(send: () => Promise<Got>): Promise<Got & { again: number }> {
    await sleep(500);
    return { ...(await send()), again: 1 };
  }

  private async post(): Promise<void> {
    const text = `seen ${randomUUID()}`;
    const path = `/v1/posts/${this.visitor.postId}/comments`;
    const got = await this.note('post', () =>
      this.keyed({ method: 'POST', path, headers: json, body: JSON.stringify({ text }) }),
    );
    if (got) this.written.push(text);
  }

  private async upload(): Promise<void> {
    this.seed += 1;
    const form = formOf(await smallPicture(this.seed));
    await this.note('upload', () => this.keyed({ method: 'POST', path: '/v1/photos', ...form }));
  }

  /** Stops sending, and waits for every response. */
  async finish(): Promise<Record<LoadKind, Tally>> {
    this.going = false;
    await this.done;
    return this.tallies;
  }
}

/** A slower read without any fault means that the machine is overloaded; in milliseconds. */
const AT_EASE = 700;

/**
 * The rate that this machine can sustain: the wanted one, or less where a short run without any fault already overloads it.
 * On a busy machine, its failures would be blamed on the faults.
 */
export async function bearablePace(client: EdgeClient, visitor: Visitor, wanted: number): Promise<number> {
  // Measured on processes that have just started, as after each fault and deploy: slower than warm ones.
  for (const pace of [wanted, wanted * 0.66, wanted * 0.4, wanted * 0.25, wanted * 0.15].map(Math.round)) {
    const load = new Load(client, visitor, pace);
    await sleep(2_000);
    const { get, get2, post } = await load.finish();
    const slowest = Math.max(get.slowest, get2.slowest);
    if (get.failed + get2.failed + post.failed === 0 && slowest < AT_EASE) return pace;
    console.log(
      `${pace} requests a second are too many here: a read took ${Math.round(slowest)} ms without any fault`,
    );
  }
  return Math.round(wanted * 0.1);
}

/** How often each comment under the visitor's post exists. */
export async function commentsOf(
  client: EdgeClient,
  { token, postId }: Visitor,
): Promise<Map<string, number>> {
  const counts = new Map<string, number>();
  let cursor: string | null = '';
  while (cursor !== null) {
    const query = cursor === '' ? 'limit=50' : `limit=50&cursor=${cursor}`;
    const path = `/v1/posts/${postId}/comments?${query}`;
    const { body, status } = await client.send({
      method: 'GET',
      path,
      headers: { authorization: `Bearer ${token}` },
    });
    if (status !== 200) throw new Error(`expected the comments but received ${status} ${body}`);
    const page = JSON.parse(body) as { items: { text: string }[]; nextCursor: string | null };
    for (const { text } of page.items) counts.set(text, (counts.get(text) ?? 0) + 1);
    cursor = page.nextCursor;
  }
  return counts;
}
