import { createHash, randomBytes, randomInt } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Nginx, nginxInstalled } from '../harness/nginx.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { s3Installed, startS3, type S3 } from '../harness/s3.js';
import { startStack, type Stack } from '../harness/stack.js';
import { startStorage, storage } from '../harness/storage-command.js';
import { originalOf, Raw } from '../harness/tus.js';
import { patient } from '../harness/pace.js';

vi.setConfig({ testTimeout: patient(240_000) });

/** An existing photo, with the bytes that it must keep for ever. */
interface Kept {
  id: string;
  original: Buffer;
  /** URL to SHA-256, recorded at the first read. */
  renditions: Map<string, string>;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const small = (seed: number) => drawn({ seed, width: 320 + (seed % 50), height: 240 });

describe.skipIf(!s3Installed || !nginxInstalled)('storage migrate, while people upload and look', () => {
  let s3: S3;
  let stack: Stack;
  let nginx: Nginx;
  let ada: Person;
  let seed = 100;
  const kept: Kept[] = [];
  const faults: string[] = [];
  const counts = { reads: 0, uploads: 0, deleted: 0 };
  let loaded = true;

  const filesOnDisk = () =>
    readdirSync(stack.objects, { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name));

  async function bytesOf(url: string): Promise<Buffer> {
    const response = await fetch(url);
    if (response.status !== 200) throw new Error(`${response.status} ${await response.text()}`);
    return Buffer.from(await response.arrayBuffer());
  }

  async function keep(id: string, original: Buffer): Promise<void> {
    const photo = await ada.settled({ id });
    const urls = Object.values(photo.renditions ?? {}).map(({ url }) => url);
    const renditions = new Map<string, string>();
    for (const url of urls) renditions.set(url, sha256(await bytesOf(url)));
    kept.push({ id, original, renditions });
  }

  async function upload(): Promise<void> {
    const { bytes, name, type } = await small((seed += 1));
    const response = await ada
      .request('post', '/v1/photos')
      .attach('file', bytes, { filename: name, contentType: type });
    if (response.status !== 202) throw new Error(`an upload: ${response.status} ${response.text}`);
    await keep((response.body as { id: string }).id, bytes);
  }

  /** In pieces with pauses, so that a migration comes in between; handles a take-over (409) as clients do. */
  async function resumable(pause: number): Promise<void> {
    const { bytes } = await drawn({ seed: (seed += 1), width: 800, height: 600 });
    const raw = await Raw.begin(stack, ada, bytes.length);
    for (let tries = 0; tries < 30; tries += 1) {
      const head = await raw.head();
      const offset = Number(head.headers['upload-offset']);
      const done = head.headers['narwhal-photo-id'];
      if (done !== undefined) return keep(done, bytes);
      const answer = await raw.patch(offset, bytes.subarray(offset, offset + 20_000));
      if (![204, 409].includes(answer.status)) throw new Error(`PATCH: ${answer.status} ${answer.text}`);
      await sleep(pause);
    }
    throw new Error('an upload did not end');
  }

  async function look(): Promise<void> {
    const photo = kept[randomInt(kept.length)] as Kept;
    await see(photo).catch((error: unknown) => {
      // It was deleted during the check.
      if (kept.includes(photo)) throw error;
    });
  }

  async function see({ renditions, id, original }: Kept): Promise<void> {
    const [url, hash] = [...renditions][randomInt(renditions.size)] as [string, string];
    const { pathname, search } = new URL(url);
    for (const origin of [stack.url, nginx.url]) {
      if (sha256(await bytesOf(`${origin}${pathname}${search}`)) !== hash)
        throw new Error(`${url} is altered`);
    }
    if (!(await originalOf(ada, id)).equals(original)) throw new Error(`the original of ${id} is altered`);
    counts.reads += 1;
  }

  async function remove(): Promise<void> {
    const [gone] = kept.splice(0, 1);
    if (!gone) return;
    await ada.request('delete', `/v1/photos/${gone.id}`).expect(204);
    counts.deleted += 1;
  }

  /** Repeats an operation until the load ends; records failures. */
  async function again(work: () => Promise<unknown>, pause: number): Promise<void> {
    while (loaded) {
      await work().catch((error: unknown) => faults.push(String(error)));
      await sleep(pause);
    }
  }

  beforeAll(async () => {
    s3 = await startS3();
    const keys = { MEDIA_KEYS: `test:${randomBytes(32).toString('hex')}` };
    stack = await startStack({ api: 2, env: { ...s3.env, ...keys } });
    // A stack that began on its disk, and got S3 later.
    await stack.database.query(`UPDATE object_home SET store = 'disk'`);
    nginx = await Nginx.start('nginx-moves', {
      settings: { ...keys, STORAGE_DIR: stack.objects, ...s3.env },
      apis: stack.apis.map(({ url }) => new URL(url).host),
    });
    ada = await signUp(stack, 'ada');
    await sleep(patient(1_500));
    for (let count = 0; count < 12; count += 4) await Promise.all([upload(), upload(), upload(), upload()]);
  });
  afterAll(async () => {
    await nginx?.stop();
    await stack?.stop();
    await s3?.stop();
  });

  /** Runs a migration, killed after these words of its output, and then to its end; returns how many kills hit it. */
  async function migrate(
    from: string,
    to: string,
    kills: [words: string, milliseconds: number][],
  ): Promise<number> {
    let hit = 0;
    for (const [words, milliseconds] of kills) {
      const running = startStorage(stack, s3.env, 'migrate', from, to);
      if ((await running.killAfter(words, milliseconds)).code === null) hit += 1;
    }
    const { code, output } = await storage(stack, s3.env, 'migrate', from, to);
    expect(output).toContain(`every object is in ${to}`);
    expect(code).toBe(0);
    return hit;
  }

  async function underLoad(work: () => Promise<unknown>): Promise<void> {
    loaded = true;
    const load = [
      again(look, 40),
      again(() => upload().then(() => (counts.uploads += 1)), 300),
      again(() => resumable(400), 100),
      again(remove, 900),
    ];
    try {
      await work();
    } finally {
      loaded = false;
      await Promise.all(load);
    }
    expect(faults).toEqual([]);
  }

  async function everythingIsRight(): Promise<void> {
    await stack.folded();
    for (const { id, original, renditions } of kept) {
      expect((await originalOf(ada, id)).equals(original)).toBe(true);
      for (const [url, hash] of renditions) expect(sha256(await bytesOf(url))).toBe(hash);
    }
    const { code, output } = await storage(stack, s3.env, 'verify', '--originals');
    expect(output).not.toMatch(/^(missing|size|orphan|misplaced|doubled|altered|avatar|strange) /m);
    expect(code).toBe(0);
  }

  test('moves all to S3, killed five times on the way: nothing is unreadable, nothing is left', async () => {
    await underLoad(async () => {
      const hit = await migrate('disk', 's3', [
        ['copying', 150],
        ['copying', 500],
        ['new photos land', 1_000],
        ['comparing and deleting', 100],
        ['comparing and deleting', 300],
      ]);
      expect(hit).toBe(5);
    });
    await everythingIsRight();
    expect(filesOnDisk()).toEqual([]);
    expect((await s3.list()).size).toBeGreaterThan(kept.length * 8);
    expect(counts.reads).toBeGreaterThan(20);
    expect(counts.uploads).toBeGreaterThan(5);
  });

  test('and back, while an api and the worker are killed, too', async () => {
    await underLoad(async () => {
      const killing = (async () => {
        await sleep(1_000);
        await Promise.all([stack.worker.kill(), stack.apis[1]?.kill()]);
        await Promise.all([stack.worker.start(), stack.apis[1]?.start()]);
      })();
      await migrate('s3', 'disk', [
        ['copying', 300],
        ['comparing and deleting', 200],
      ]);
      await killing;
    });
    await everythingIsRight();
    expect([...(await s3.list()).keys()]).toEqual([]);
    expect(filesOnDisk().length).toBeGreaterThan(kept.length * 8);
  });

  test('a move that was begun may be taken back', async () => {
    await startStorage(stack, s3.env, 'migrate', 'disk', 's3').killAfter('copying', 500);
    expect((await s3.list()).size).toBeGreaterThan(0);
    await migrate('s3', 'disk', []);
    await everythingIsRight();
    expect((await s3.list()).size).toBe(0);
  });

  test('is refused while a process lives that was not told of the other store', async () => {
    const guest = await stack.guest({ S3_BUCKET: '' });
    const unaware = () =>
      stack.database.query(
        `SELECT 1 FROM heartbeats WHERE kind = 'api' AND NOT coalesce(facts->'objectStores', '[]') @> '"s3"'`,
      );
    await expect.poll(unaware, { timeout: patient(20_000) }).not.toEqual([]);
    const { code, output } = await storage(stack, s3.env, 'migrate', 'disk', 's3');
    expect(output).toMatch(/expected every process to know s3, but these do not: api \d+ on /);
    expect(code).toBe(1);
    await guest.stop();
    expect((await s3.list()).size).toBe(0);
  });

  test('is refused while another one is at work', async () => {
    // Held as by another migration, on a separate connection.
    const held = stack.database
      .query(`SELECT pg_advisory_xact_lock(hashtext('narwhal storage')), pg_sleep(60)`)
      .catch(() => undefined);
    const second = await storage(stack, s3.env, 'migrate', 's3', 'disk');
    expect(second.output).toContain('another storage migrate or redevelop is at work');
    expect(second.code).toBe(1);
    await stack.database.query(
      `SELECT pg_cancel_backend(pid) FROM pg_stat_activity WHERE query LIKE '%pg_sleep(60)%' AND pid <> pg_backend_pid()`,
    );
    await held;
  });
});
