import { mkdir, open, rename, rmdir, unlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';

/** The code of a system error, such as ENOENT. */
export function errorCode(error: unknown): string | undefined {
  return (error as NodeJS.ErrnoException | undefined)?.code;
}

/** Runs an operation that may find its work done already: errors of these codes count as done. */
export async function unless(codes: readonly string[], step: Promise<unknown>): Promise<boolean> {
  try {
    await step;
    return true;
  } catch (error) {
    if (codes.includes(errorCode(error) ?? '')) return false;
    throw error;
  }
}

/** A file's name is durable only when its folder is synced, too. */
export async function syncFolder(path: string): Promise<void> {
  const handle = await open(path, 'r');
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

interface Syncing {
  running: Promise<void>;
  /** Begins when the running one has ended, for all callers that came since. */
  next: Promise<void> | null;
}

/**
 * Makes folders below a root, two or more levels deep, durable. The folders right below the root are few and stay: this
 * process syncs each into the root once, whoever made it, and not again with each file.
 */
export class LastingFolders {
  readonly #lasting = new Set<string>();
  readonly #syncing = new Map<string, Syncing>();

  constructor(private readonly root: string) {}

  async make(path: string): Promise<void> {
    const first = await mkdir(path, { recursive: true, mode: 0o750 });
    // A folder that was removed by hand and made again is new.
    if (first !== undefined) this.#lasting.delete(first);
  }

  /** Syncs the names in `path`, that folder's name, and its parents'. */
  async sync(path: string): Promise<void> {
    const folders: string[] = [];
    let top = path;
    for (; dirname(top) !== this.root; top = dirname(top)) folders.push(top);
    const isLasting = this.#lasting.has(top);
    await Promise.all([...folders, top, ...(isLasting ? [] : [this.root])].map((each) => this.#sync(each)));
    this.#lasting.add(top);
  }

  /** Moves those of `names` that exist from one folder to another; returns them. */
  async move(from: string, to: string, names: readonly string[]): Promise<string[]> {
    const moved: string[] = [];
    for (const name of names) {
      if (moved.length === 0) await this.make(to);
      if (await unless(['ENOENT'], rename(join(from, name), join(to, name)))) moved.push(name);
    }
    if (moved.length > 0) await this.sync(to);
    else await removeIfEmpty(to);
    if (await removeIfEmpty(from)) await this.#sync(dirname(from));
    return moved;
  }

  /** A running sync may have begun before our name was there: wait for the next one, which all waiting callers share. */
  #sync(folder: string): Promise<void> {
    const now = this.#syncing.get(folder);
    if (!now) return this.#begin(folder);
    // Its failure is reported to its own callers; these wait for the next.
    now.next ??= now.running.catch(() => undefined).then(() => this.#begin(folder));
    return now.next;
  }

  async #begin(folder: string): Promise<void> {
    const syncing: Syncing = { running: syncFolder(folder), next: null };
    this.#syncing.set(folder, syncing);
    try {
      await syncing.running;
    } finally {
      if (syncing.next === null) this.#syncing.delete(folder);
    }
  }
}

/** Deletes those of `names` that exist, and the folder once it is empty. */
export async function removeFiles(folder: string, names: readonly string[]): Promise<void> {
  await Promise.all(names.map((name) => unless(['ENOENT'], unlink(join(folder, name)))));
  if (await removeIfEmpty(folder)) await syncFolder(dirname(folder));
}

function removeIfEmpty(folder: string): Promise<boolean> {
  return unless(['ENOENT', 'ENOTEMPTY', 'EEXIST'], rmdir(folder));
}
