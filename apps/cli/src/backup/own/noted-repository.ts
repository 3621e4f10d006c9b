import { readFile, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';

const noteIn = (folder: string): string => join(folder, 'repository');

/** The repository that a folder of PostgreSQL is backed up in, as BACKUP_REPOSITORY has it; empty before the first backup. */
export const notedRepository = (folder: string): Promise<string> =>
  // Absent before the first.
  readFile(noteIn(folder), 'utf8').catch(() => '');

export async function noteRepository(folder: string, place: string): Promise<void> {
  // The folder is that of PostgreSQL's user, who must not lead root elsewhere by a link.
  await rm(noteIn(folder), { force: true });
  await writeFile(noteIn(folder), place, { mode: 0o600, flag: 'wx' });
}
