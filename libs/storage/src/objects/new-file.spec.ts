import { createHash, randomBytes } from 'node:crypto';
import { mkdtemp, readFile, rm, unlink } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { LastingFolders } from './durable-files.js';
import { NewFile } from './new-file.js';

const MiB = 1024 * 1024;
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

let folder: string;
let files = 0;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'narwhal-new-file-'));
});
afterAll(() => rm(folder, { recursive: true }));

const newPath = () => join(folder, `${(files += 1)}`);

async function written(path: string, bytes: Buffer, chunk = 65_536): Promise<NewFile> {
  const file = await NewFile.create(path);
  for (let at = 0; at < bytes.length; at += chunk) await file.take(bytes.subarray(at, at + chunk));
  return file;
}

describe('NewFile', () => {
  it.each([0, 1, 256 * 1024, 256 * 1024 + 1, 3 * MiB + 7])('of %i bytes has their hash', async (length) => {
    const [path, bytes] = [newPath(), randomBytes(length)];
    const file = await written(path, bytes);
    const [hash] = await Promise.all([file.sha256(), file.sync()]);
    await file.close();
    expect(hash).toBe(sha256(bytes));
    expect(file.bytes).toBe(length);
    expect((await readFile(path)).equals(bytes)).toBe(true);
  });

  it('is hashed beside twenty others', async () => {
    const all = Array.from({ length: 20 }, (_, index) => randomBytes(MiB + index * 999));
    const hashes = await Promise.all(
      all.map(async (bytes) => {
        const file = await written(newPath(), bytes, 10_000);
        return file.sha256().finally(() => file.close());
      }),
    );
    expect(hashes).toEqual(all.map(sha256));
  });

  it('that was taken away before it could be read says so, and the next one is hashed all the same', async () => {
    const bytes = randomBytes(2 * MiB);
    const gone = newPath();
    const other = await NewFile.create(gone);
    await unlink(gone);
    await other.take(bytes);
    await expect(other.sha256()).rejects.toThrow('ENOENT');
    await other.close();
    const next = await written(newPath(), bytes);
    expect(await next.sha256()).toBe(sha256(bytes));
    await next.close();
  });

  it('replaces nothing', async () => {
    const path = newPath();
    await (await NewFile.create(path)).close();
    await expect(NewFile.create(path)).rejects.toThrow('EEXIST');
  });
});

describe('LastingFolders', () => {
  it('syncs a folder for everybody who asks at once, and again for who asks later', async () => {
    const folders = new LastingFolders(folder);
    const path = join(folder, 'ab', 'cdef');
    await folders.make(path);
    await Promise.all(Array.from({ length: 30 }, () => folders.sync(path)));
    await folders.sync(path);
    await rm(join(folder, 'ab'), { recursive: true });
    await expect(Promise.all([folders.sync(path), folders.sync(path)])).rejects.toThrow('ENOENT');
    await folders.make(path);
    await folders.sync(path);
  });
});
