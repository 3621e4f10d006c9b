import { createReadStream } from 'node:fs';
import { readdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { buffer } from 'node:stream/consumers';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { Repository } from '@app/storage/backups';
import { Refused } from '../../refused.js';
import { compression, walOf } from './stored.js';

/** A file of WAL out of the archive; null where it has none. */
export async function fetchWal(repository: Repository, system: string, name: string): Promise<Buffer | null> {
  try {
    const packed = await repository.read(walOf(system, name));
    return await buffer(packed.compose(createZstdDecompress()) as Readable);
  } catch (error) {
    if ((error as Error).name === 'FileMissing') return null;
    const isDamaged = String((error as NodeJS.ErrnoException).code).startsWith('Z');
    throw isDamaged ? new Refused(`the segment ${name} of WAL is damaged`) : error;
  }
}

/** Moves what PostgreSQL's archive_command left in the spool to the repository, oldest first. Returns how many files. */
export async function ship(repository: Repository, system: string, spool: string): Promise<number> {
  // PostgreSQL makes it with the first file.
  const names = (await readdir(spool).catch(() => [])).filter((name) => !name.endsWith('.part')).toSorted();
  for (const name of names) {
    const path = join(spool, name);
    const there = await fetchWal(repository, system, name);
    if (there && !there.equals(await readFile(path)))
      throw new Refused(`the archive holds another ${name}: two clusters of one origin archive into it`);
    if (!there) {
      const packed = createReadStream(path).compose(createZstdCompress(compression)) as Readable;
      await repository.write(walOf(system, name), packed);
    }
    await rm(path);
  }
  return names.length;
}
