import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readdir, rm, truncate } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buffer } from 'node:stream/consumers';
import { CreateBucketCommand, S3Client } from '@aws-sdk/client-s3';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { radosgwInstalled, startRadosgw, type Radosgw } from '../../../../test/servers/radosgw.js';
import { newFolder, objectKey } from './object-keys.js';
import type { ObjectStore } from './object-store.js';
import { openObjectStore } from './open-object-store.js';
import { joinPieces, pieceNames, type Pieces } from './pieces.js';
import { patient } from '../../../../test/harness/pace.js';

vi.setConfig({ hookTimeout: patient(40_000) });

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const contentType = 'image/jpeg';

/** Appends like a request that flushes after each part; `left` is not flushed. */
async function send(store: ObjectStore, folder: string, name: string, parts: Buffer[], left?: Buffer) {
  const writer = store.pieces(folder, name, { hashed: true });
  let sizes: number[] = [];
  for (const part of parts) {
    await writer.append(part.subarray(0, 1_000));
    await writer.append(part.subarray(1_000));
    sizes = await writer.flush();
  }
  if (left) await writer.append(left);
  await writer.close();
  return { name, sizes } satisfies Pieces;
}

function joins(opened: () => ObjectStore): void {
  const parts = [randomBytes(300_000), randomBytes(70_001), randomBytes(5_000)];
  const whole = Buffer.concat(parts);
  const joining = (folder: string, pieces: Pieces[]) => ({
    folder,
    pieces,
    name: 'original',
    length: whole.length,
    contentType,
  });
  const read = async (folder: string) => buffer((await opened().read(objectKey(folder, 'original'))).stream);

  it('joins what several writers counted, and not what they left beyond it', async () => {
    const [store, folder] = [opened(), newFolder()];
    const [one, two, three] = parts as [Buffer, Buffer, Buffer];
    const pieces = [
      await send(store, folder, 'waaa', [one], randomBytes(9_999)),
      await send(store, folder, 'wbbb', []),
      await send(store, folder, 'wccc', [two, three]),
    ];
    expect(await joinPieces(store, joining(folder, pieces))).toEqual({
      bytes: whole.length,
      sha256: sha256(whole),
    });
    expect((await read(folder)).equals(whole)).toBe(true);
    await store.remove(folder, pieceNames(pieces));
    // Killed before it was recorded: it is done again.
    expect(await joinPieces(store, joining(folder, pieces))).toMatchObject({ sha256: sha256(whole) });
  });

  it('believes the hash of a writer that brought the whole', async () => {
    const [store, folder] = [opened(), newFolder()];
    const pieces = [await send(store, folder, 'waaa', [whole])];
    const written = await joinPieces(store, { ...joining(folder, pieces), sha256: sha256(whole) });
    expect(written).toEqual({ bytes: whole.length, sha256: sha256(whole) });
    expect((await read(folder)).equals(whole)).toBe(true);
  });
}

describe('pieces on disk', () => {
  let root: string;
  let store: ObjectStore;
  beforeAll(async () => {
    root = await mkdtemp(join(tmpdir(), 'narwhal-pieces-'));
    store = await openObjectStore({ STORAGE_DIR: root, S3_REGION: '', S3_FORCE_PATH_STYLE: true });
  });
  afterAll(() => rm(root, { recursive: true }));
  joins(() => store);

  it('leave no folder when they are removed', async () => {
    const folder = newFolder();
    const pieces = [await send(store, folder, 'waaa', [randomBytes(10)])];
    await store.remove(folder, pieceNames(pieces));
    await expect(readdir(join(root, folder))).rejects.toThrow('ENOENT');
  });

  it('that are shorter than what was counted make no original', async () => {
    const folder = newFolder();
    const pieces = [await send(store, folder, 'waaa', [randomBytes(100)])];
    await truncate(join(root, folder, 'waaan0'), 50);
    const joining = { folder, pieces, name: 'original', length: 100, contentType };
    await expect(joinPieces(store, joining)).rejects.toThrow('expected pieces of 100 bytes');
  });
});

const installed = await radosgwInstalled();

describe.skipIf(!installed)('pieces on S3 (radosgw)', () => {
  let server: Radosgw;
  let store: ObjectStore;
  beforeAll(async () => {
    server = await startRadosgw();
    const { endpoint, accessKeyId, secretAccessKey } = server;
    const credentials = { accessKeyId, secretAccessKey };
    const client = new S3Client({ endpoint, credentials, forcePathStyle: true, region: 'us-east-1' });
    await client.send(new CreateBucketCommand({ Bucket: 'photos' }));
    client.destroy();
    store = await openObjectStore({
      STORAGE_DIR: '/nonexistent',
      S3_BUCKET: 'photos',
      S3_ENDPOINT: endpoint,
      S3_REGION: 'us-east-1',
      S3_FORCE_PATH_STYLE: true,
      S3_ACCESS_KEY_ID: accessKeyId,
      S3_SECRET_ACCESS_KEY: secretAccessKey,
    });
  });
  afterAll(async () => {
    await store?.close();
    await server?.stop();
  });
  joins(() => store);
});
