import { randomBytes } from 'node:crypto';
import { mkdtemp, open, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { WriteBehind } from './write-behind.js';

let folder: string;
let path: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'narwhal-write-behind-'));
  path = join(folder, 'file');
});
afterAll(() => rm(folder, { recursive: true }));

describe('WriteBehind', () => {
  it('writes every byte in its order, whatever the chunks', async () => {
    const chunks = Array.from({ length: 200 }, (_, index) => randomBytes((index * 7_919) % 90_000));
    const handle = await open(path, 'w');
    const file = new WriteBehind(handle);
    for (const chunk of chunks) await file.take(chunk);
    await file.drain();
    expect((await readFile(path)).equals(Buffer.concat(chunks))).toBe(true);
    await file.take(Buffer.from('and more'));
    await file.drain();
    await file.drain();
    expect((await readFile(path)).subarray(-8).toString()).toBe('and more');
    await handle.close();
  });

  it('tells a failure to who takes or drains next, and writes nothing behind it', async () => {
    await writeFile(path, '');
    const handle = await open(path, 'r');
    const file = new WriteBehind(handle);
    const take = async () => {
      for (let index = 0; index < 20; index += 1) await file.take(Buffer.alloc(100_000));
    };
    await expect(take()).rejects.toMatchObject({ code: 'EBADF' });
    await expect(file.drain()).rejects.toMatchObject({ code: 'EBADF' });
    await handle.close();
  });
});
