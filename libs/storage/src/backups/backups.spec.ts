import { mkdir, mkdtemp, readdir, rm, stat, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { readStorageSettings } from '@app/platform';
import { walFileName } from './base-backup.js';
import { FolderRepository } from './folder-repository.js';
import { openRepository } from './open-repository.js';

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
  expect(await repository.sizeOf('1/wal/one')).toBe(5);
  expect(await repository.sizeOf('1/wal/two')).toBeNull();
  expect(await text(await repository.read('1/wal/one'))).toBe('whole');
  expect((await stat(join(folder, 'there/1/wal/one'))).mode & 0o777).toBe(0o600);
  await repository.remove(['1/wal/one', '1/wal/none']);
  await expect(repository.read('1/wal/one')).rejects.toThrow('1/wal/one');
});

test('what was left unfinished is deleted after a while, with the folder that it leaves empty', async () => {
  const root = join(folder, 'unfinished');
  const repository = new FolderRepository(root);
  await repository.begin('1');
  await repository.write('1/base/old/backup.json', Readable.from([Buffer.from('{}')]));
  for (const name of ['old/base.tar.zst.part', 'cut/base.tar.zst.part', 'now/base.tar.zst.part']) {
    await mkdir(dirname(join(root, '1/base', name)), { recursive: true });
    await writeFile(join(root, '1/base', name), 'half');
    if (!name.startsWith('now')) await utimes(join(root, '1/base', name), 1_000, 1_000);
  }
  await repository.removeUnfinished(new Date(2_000_000));
  const left = await readdir(join(root, '1/base'), { recursive: true });
  expect(left.toSorted()).toEqual(['now', 'now/base.tar.zst.part', 'old', 'old/backup.json']);
  await repository.remove(['1/base/old/backup.json']);
  expect(await readdir(join(root, '1/base'))).toEqual(['now']);
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

test('an S3 that is away is told as such, and no error of others', async () => {
  const settings = {
    S3_ENDPOINT: 'http://127.0.0.1:1',
    S3_ACCESS_KEY_ID: 'key',
    S3_SECRET_ACCESS_KEY: 'key',
  };
  const place = 's3://backups/narwhal';
  const repository = await openRepository(
    place,
    readStorageSettings({ DATABASE_URL: 'postgres://nobody', BACKUP_REPOSITORY: place, ...settings }),
  );
  const error = await repository.sizeOf('1/wal/one').catch((reason: unknown) => reason);
  expect(repository.faultOf(error)).toMatch(/^the repository s3:\/\/backups\/narwhal\/ cannot be reached \(/);
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED', syscall: 'connect' });
  expect(repository.faultOf(refused)).toBeNull();
  repository.close();
});
