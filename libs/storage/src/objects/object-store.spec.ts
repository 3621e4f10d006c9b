import { createHash, randomBytes } from 'node:crypto';
import { readdir, mkdtemp, readFile, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { PassThrough, Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, CreateMultipartUploadCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { radosgwInstalled, startRadosgw, type Radosgw } from '../../../../test/servers/radosgw.js';
import { newFolder, objectKey } from './object-keys.js';
import { ObjectMissing, ObjectTooLarge, RangeOutside, type ObjectStore } from './object-store.js';
import { openObjectStore } from './open-object-store.js';
import { patient } from '../../../../test/harness/pace.js';

vi.setConfig({ hookTimeout: patient(40_000) });

const MiB = 1024 * 1024;
const contentType = 'image/jpeg';
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** One driver's test setup: its store, and the number of leftovers of failed writes. */
interface Driver {
  store: ObjectStore;
  unfinished(): Promise<number>;
}

/** Yields chunks of a size that fits neither the chunks nor the parts of any store. */
function source(bytes: Buffer, piece = 70_001): Readable {
  const pieces = Array.from({ length: Math.ceil(bytes.length / piece) }, (_, index) =>
    bytes.subarray(index * piece, (index + 1) * piece),
  );
  return Readable.from(pieces);
}

async function* failing(bytes: Buffer): AsyncGenerator<Buffer> {
  yield bytes;
  await Promise.resolve();
  throw new Error('the phone went into a tunnel');
}

async function write(store: ObjectStore, bytes: Buffer, name = 'original', folder = newFolder()) {
  const key = objectKey(folder, name);
  return { folder, key, written: await store.write(key, source(bytes), { contentType }) };
}

function keeps(driver: () => Driver): void {
  const store = () => driver().store;

  it.each([0, 1, 65_536, 5 * MiB, 12 * MiB + 17])(
    'keeps %i bytes as they came, with their hash',
    async (length) => {
      const bytes = randomBytes(length);
      const { key, written } = await write(store(), bytes);
      expect(written).toEqual({ bytes: length, sha256: sha256(bytes) });
      const read = await store().read(key);
      expect(read.bytes).toBe(length);
      expect(sha256(await buffer(read.stream))).toBe(written.sha256);
      expect((await store().stat(key))?.bytes).toBe(length);
    },
  );

  it('reads ranges as HTTP counts them', async () => {
    const bytes = randomBytes(1_000);
    const { key } = await write(store(), bytes);
    for (const [range, from, to] of [
      [{ start: 0, end: 0 }, 0, 0],
      [{ start: 10, end: 19 }, 10, 19],
      [{ start: 990 }, 990, 999],
      [{ start: 990, end: 5_000 }, 990, 999],
    ] as const) {
      const read = await store().read(key, range);
      expect(await buffer(read.stream)).toEqual(bytes.subarray(from, to + 1));
      expect(read).toMatchObject({ bytes: 1_000, start: from, end: to });
    }
    await expect(store().read(key, { start: 1_000 })).rejects.toThrow(RangeOutside);
  });

  it('gives programs a file to read', async () => {
    const bytes = randomBytes(100_000);
    const { key } = await write(store(), bytes);
    const scratch = await mkdtemp(join(tmpdir(), 'narwhal-file-'));
    expect(await readFile(await store().asFile(key, join(scratch, 'original')))).toEqual(bytes);
    await rm(scratch, { recursive: true });
  });

  it('knows nothing of what was never written', async () => {
    const key = objectKey(newFolder(), 'w320.webp');
    expect(await store().stat(key)).toBeNull();
    await expect(store().read(key)).rejects.toThrow(ObjectMissing);
    await expect(store().asFile(key, '/nonexistent/scratch')).rejects.toThrow(ObjectMissing);
  });

  it.each([
    '../../../etc/passwd',
    'ab/cd/original',
    '/etc/passwd',
    `${newFolder()}/../x`,
    `${newFolder()}/IMG 1.jpg`,
  ])('refuses the key %s', async (key) => {
    await expect(store().write(key, source(Buffer.alloc(1)), { contentType })).rejects.toThrow('expected');
    await expect(store().read(key)).rejects.toThrow('expected');
  });
}

function leavesNothing(driver: () => Driver): void {
  const store = () => driver().store;
  const key = objectKey(newFolder(), 'original');

  async function leftNothing() {
    expect(await store().stat(key)).toBeNull();
    expect(await driver().unfinished()).toBe(0);
  }

  it.each([100, 7 * MiB])('of an object above its limit of %i bytes', async (limit) => {
    const body = source(randomBytes(limit + 1));
    await expect(store().write(key, body, { contentType, limit })).rejects.toThrow(ObjectTooLarge);
    expect(body.destroyed).toBe(true);
    await leftNothing();
    const within = await store().write(objectKey(newFolder(), 'original'), source(randomBytes(limit)), {
      contentType,
      limit,
    });
    expect(within.bytes).toBe(limit);
  });

  it('stops at the limit, however much would follow', async () => {
    let sent = 0;
    async function* endless() {
      for (;;) {
        sent += 65_536;
        yield Buffer.alloc(65_536);
      }
    }
    await expect(store().write(key, endless(), { contentType, limit: MiB })).rejects.toThrow(ObjectTooLarge);
    expect(sent).toBeLessThan(2 * MiB);
    await leftNothing();
  });

  it.each([1, 6 * MiB])('of a source that breaks after %i bytes', async (length) => {
    await expect(store().write(key, failing(randomBytes(length)), { contentType })).rejects.toThrow('tunnel');
    await leftNothing();
  });

  it.each([1, 6 * MiB])('of a write aborted while its source is silent after %i bytes', async (length) => {
    const silent = new PassThrough({ highWaterMark: 8 * MiB });
    silent.write(randomBytes(length));
    const controller = new AbortController();
    const writing = store().write(key, silent, { contentType, signal: controller.signal });
    setTimeout(() => controller.abort(new Error('the client went away')), 300);
    await expect(writing).rejects.toThrow('the client went away');
    expect(silent.destroyed).toBe(true);
    await leftNothing();
  });
}

function deletes(driver: () => Driver): void {
  const store = () => driver().store;
  const names = ['original', 'w320.webp', 'w640.webp'];

  it('removes what it is told to, and is at ease with what is gone', async () => {
    const { folder, key } = await write(store(), randomBytes(10));
    await store().remove(folder, names);
    await store().remove(folder, names);
    expect(await store().stat(key)).toBeNull();
  });

  it('trashes twice, restores, and purges by day', async () => {
    const bytes = randomBytes(10);
    const { folder, key } = await write(store(), bytes);
    await write(store(), bytes, 'w320.webp', folder);
    await store().trash(folder, names, '2026-11-01');
    await store().trash(folder, names, '2026-11-01');
    expect(await store().stat(key)).toBeNull();

    expect(await store().restore(folder, names, '2026-11-01')).toEqual(['original', 'w320.webp']);
    expect(await buffer((await store().read(key)).stream)).toEqual(bytes);

    await store().trash(folder, names, '2026-11-02');
    expect(await store().purgeTrash('2026-11-02')).toBeLessThanOrEqual(1);
    expect(await store().restore(folder, ['w320.webp'], '2026-11-02')).toEqual(['w320.webp']);
    expect(await store().purgeTrash('2026-11-03')).toBe(1);
    expect(await store().restore(folder, names, '2026-11-02')).toEqual([]);
  });

  it('takes to the trash what a late writer added to a folder trashed before', async () => {
    const { folder } = await write(store(), randomBytes(10));
    await store().trash(folder, names, '2026-11-01');
    await write(store(), randomBytes(10), 'w640.webp', folder);
    await store().trash(folder, names, '2026-11-01');
    expect(await store().restore(folder, names, '2026-11-01')).toEqual(['original', 'w640.webp']);
  });

  it('says that it can be reached', async () => {
    const { freeBytes } = await store().check();
    expect(await store().home()).toBe(freeBytes === null ? 's3' : 'disk');
    if (freeBytes !== null) expect(freeBytes).toBeGreaterThan(0);
  });
}

describe('object storage on disk', () => {
  let root: string;
  let store: ObjectStore;
  const tmp = () => readdir(join(root, 'tmp'));
  const driver = () => ({ store, unfinished: async () => (await tmp()).length });

  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'narwhal-objects-'));
    store = await openObjectStore({ STORAGE_DIR: root, S3_REGION: '', S3_FORCE_PATH_STYLE: true });
  });
  afterAll(async () => {
    await store.close();
    await rm(root, { recursive: true });
  });

  keeps(driver);
  describe('leaves nothing', () => leavesNothing(driver));
  deletes(driver);

  it('leaves no folder behind an object that was trashed', async () => {
    const { folder } = await write(store, randomBytes(1));
    await store.trash(folder, ['original'], '2026-11-05');
    await expect(stat(join(root, folder))).rejects.toThrow('ENOENT');
  });

  it('sweeps what killed writers left, and only that', async () => {
    await writeFile(join(root, 'tmp', 'old'), 'x');
    await utimes(join(root, 'tmp', 'old'), new Date(0), new Date(0));
    await writeFile(join(root, 'tmp', 'young'), 'x');
    expect(await store.sweepUnfinished(new Date(Date.now() - 60_000))).toBe(1);
    expect(await tmp()).toEqual(['young']);
    await rm(join(root, 'tmp', 'young'));
  });
});

// `npm run test:s3` requires the real server.
const installed = await radosgwInstalled();

describe.skipIf(!installed)('object storage on S3 (radosgw)', () => {
  let server: Radosgw;
  let client: S3Client;
  let store: ObjectStore;
  const driver = () => ({
    store,
    unfinished: () => store.sweepUnfinished(new Date(Date.now() + patient(60_000))),
  });
  const opened = (bucket: string, secret: string) =>
    openObjectStore({
      STORAGE_DIR: '/nonexistent',
      S3_BUCKET: bucket,
      S3_ENDPOINT: server.endpoint,
      S3_REGION: 'us-east-1',
      S3_FORCE_PATH_STYLE: true,
      S3_ACCESS_KEY_ID: server.accessKeyId,
      S3_SECRET_ACCESS_KEY: secret,
    });

  beforeAll(async () => {
    server = await startRadosgw();
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    client = new S3Client({ endpoint, credentials, forcePathStyle: true, region: 'us-east-1' });
    await client.send(new CreateBucketCommand({ Bucket: 'photos' }));
    store = await opened('photos', secretAccessKey);
  });
  afterAll(async () => {
    client?.destroy();
    await store?.close();
    await server?.stop();
  });

  keeps(driver);
  describe('leaves nothing', () => leavesNothing(driver));
  deletes(driver);

  it('sweeps the parts that killed writers left, and only old ones', async () => {
    const Key = objectKey(newFolder(), 'original');
    await client.send(new CreateMultipartUploadCommand({ Bucket: 'photos', Key }));
    expect(await store.sweepUnfinished(new Date(Date.now() - 60_000))).toBe(0);
    expect(await store.sweepUnfinished(new Date(Date.now() + patient(60_000)))).toBe(1);
    expect(await store.sweepUnfinished(new Date(Date.now() + patient(60_000)))).toBe(0);
  });

  it('says so when the bucket is not there or the keys are wrong', async () => {
    for (const wrong of [await opened('nobody', server.secretAccessKey), await opened('photos', 'wrong')]) {
      await expect(wrong.check()).rejects.toThrow();
      await wrong.close();
    }
  });
});
