import { UsageError } from '@app/platform';

/** A complete backup. */
export interface Backup {
  name: string;
  begunAt: Date;
  /** From this moment on a restore may name any time. */
  endedAt: Date;
  /** As it lies in the repository. */
  bytes: number;
  /** The number of its cluster, where a repository may hold several. */
  system?: string;
}

/** A server on a restored folder: it is recovered, takes writes, and archives nothing. */
export interface RestoredServer {
  /** As the owner of the tables reaches it. */
  url: string;
  /** How an operator goes on with the folder. */
  next: string;
  /** Stops it; the folder stays. */
  stop(): Promise<void>;
}

/** Where a restore ends: at a time, or where the archive does. */
export type Target = Date | 'latest';

/** Makes and restores backups of PostgreSQL; one implementation for each kind of installation. It throws `Refused` with a sentence for operators. */
export interface BackupTool {
  /** Makes one; resolves once it is complete, with all the WAL that it needs. Deletes what is older than those to keep. */
  make(): Promise<Backup>;
  /** The complete ones, oldest first. */
  list(): Promise<Backup[]>;
  /** Reads everything that a restore would read; a sentence for each fault. */
  verify(): Promise<string[]>;
  /** Resolves once all that has been written so far is in the repository. */
  archive(): Promise<void>;
  /** Restores into an empty or absent folder; the named cluster, where the repository may hold several. */
  restore(target: Target, folder: string, cluster?: string): Promise<RestoredServer>;
  /** Where WAL is missing since the newest backup. */
  missing(): Promise<string[]>;
}

/** `2026-11-30T08:00:00Z`, with a zone, so that nobody restores to another hour than they meant. */
export function targetOf(text: string | undefined): Target {
  if (text === 'latest') return text;
  const time = new Date(text ?? '');
  if (
    !text ||
    !/^\d{4}-\d\d-\d\d[T ]\d\d:\d\d.*(Z|[+-]\d\d:?\d\d)$/.test(text) ||
    Number.isNaN(time.getTime())
  )
    throw new UsageError(
      `expected --to latest or a time such as 2026-11-30T08:00:00Z but received "${text ?? ''}"`,
    );
  return time;
}
