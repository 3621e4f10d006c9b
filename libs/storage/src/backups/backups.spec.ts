import { mkdir, mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { walFileName } from './base-backup.js';
import { FolderRepository } from './folder-repository.js';

let folder: string;
beforeAll(async () => (folder = await mkdtemp(join(tmpdir(), 'narwhal-backups-'))));
afterAll(() => rm(folder, { recursive: true }));

const MiB = 1024 ** 2;

test('a place in WAL is in the segment that PostgreSQL names', () => {
  expect(walFileName(1, '0/2000028', 16 * MiB)).toBe('000000010000000000000002');
  expect(walFileName(18, '1A/FF000000', 16 * MiB)).toBe('000000120000001A000000FF');
  expect(walFileName(1, '1/40000000', 1024 * MiB)).toBe('000000010000000100000001');
});

test('a file appears whole and for its owner alone, or not at all', async () => {
  const repository = new FolderRepository(join(folder, 'there'));
  const listed = async () => {
    const names: string[] = [];
    for await (const { name } of repository.list()) names.push(name);
    return names;
  };
  expect(await listed()).toEqual([]);
  await repository.begin('1');
  await repository.begin('1');
  expect(await repository.write('1/wal/one', Readable.from([Buffer.from('whole')]))).toBe(5);
  const broken = Readable.from(
    (function* () {
      yield Buffer.from('half');
      throw new Error('cut');
    })(),
  );
  await expect(repository.write('1/wal/two', broken)).rejects.toThrow('cut');
  expect(await listed()).toEqual(['1/wal/one']);
  expect(await text(await repository.read('1/wal/one'))).toBe('whole');
  expect((await stat(join(folder, 'there/1/wal/one'))).mode & 0o777).toBe(0o600);
  await repository.remove(['1/wal/one', '1/wal/none']);
  await expect(repository.read('1/wal/one')).rejects.toThrow('1/wal/one');
});

test('what is not mounted is not replaced by a folder on another disk, and that is told in a clause', async () => {
  const refused = async (place: string, work: (repository: FolderRepository) => Promise<unknown>) => {
    const repository = new FolderRepository(place);
    const error = await work(repository).catch((reason: unknown) => reason);
    expect(repository.faultOf(error)).toBe(`the repository ${place} is not there: is its disk mounted?`);
    expect(repository.faultOf(new Error('something else'))).toBeNull();
  };
  const write = (repository: FolderRepository) => repository.write('1/wal/one', Readable.from([]));
  await refused(join(folder, 'unmounted', 'backups'), (repository) => repository.begin('1'));
  await refused(join(folder, 'absent'), write);
  const mountPoint = join(folder, 'mount-point');
  await mkdir(mountPoint);
  await refused(mountPoint, write);
  expect(await readdir(mountPoint)).toEqual([]);
});
