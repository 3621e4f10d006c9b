import { mkdir, open, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The code of a system error, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Runs a step that may find its work done already: errors of these codes count as done. */
export async function unless(codes: readonly string[], step: Promise<unknown>): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    if (codes.includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/** A file's name lasts only when its folder is synced, too. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

/** Syncs `path` and its parents up to and including `top`. All of them: who made a parent may not have synced it yet. */
export async function syncUpTo(top: string, path: string): Promise<void> {
  for (let folder = path; ; folder = dirname(folder)) {
    await syncFolder(folder);
    if (folder === top || folder === dirname(folder)) return;
  }
}

/** Moves those of `names` that exist from one folder to another, both below `top`; answers which were there. */
export async function moveFiles(
  top: string,
  from: string,
  to: string,
  names: readonly string[],
): Promise<string[]> {
  const moved: string[] = [];
  for (const name of names) {
    if (moved.length === 0) await mkdir(to, { recursive: true });
    if (await unless(['ENOENT'], rename(join(from, name), join(to, name)))) moved.push(name);
  }
  if (moved.length > 0) await syncUpTo(top, to);
  else await removeIfEmpty(to);
  if (await removeIfEmpty(from)) await syncFolder(dirname(from));
  return moved;
}

/** Deletes those of `names` that exist, and the folder once it is empty. */
export async function removeFiles(folder: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => unless(['ENOENT'], unlink(join(folder, name)))));
  if (await removeIfEmpty(folder)) await syncFolder(dirname(folder));
}

function removeIfEmpty(folder: string): Promise<boolean> {
  return unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], rmdir(folder));
}
