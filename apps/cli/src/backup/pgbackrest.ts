import { mkdir, readdir, rm } from 'node:fs/promises';
import { join, resolve } from 'node:path';
import type { StorageSettings } from '@app/platform';
import { Database, openDataSource } from '@app/storage/database';
import type { Backup, BackupTool, RestoredServer, Target } from './backup-tool.js';
import { Refused } from '../refused.js';
import { gapsOf, segmentsIn } from './pgbackrest-archive.js';
import { pgbackrest, sentenceOf } from './pgbackrest-program.js';
import { ENDS_BEFORE, serveRestored } from './scratch-server.js';

const WEEK = 7 * 86_400_000;

/** What `pgbackrest info --output=json` says of a stanza. */
interface Stanza {
  status: { code: number; message: string };
  repo: { status: { message: string } }[];
  db: { id: number; version: string }[];
  backup: {
    label: string;
    type: 'full' | 'diff' | 'incr';
    /** Pages of PostgreSQL's own files had a wrong checksum. */
    error: boolean;
    archive: { start: string; stop: string };
    database: { id: number };
    info: { repository: { delta: number } };
    /** In seconds. */
    timestamp: { start: number; stop: number };
  }[];
}

/** What PostgreSQL knows of its archive. */
interface Archiver {
  /** The newest segment that it believes to be there. */
  archived: string;
  /** The newest attempt failed, and is repeated. */
  waits: boolean;
  /** The size of a segment. */
  bytes: number;
}

/** `2026-11-30 08:00:00.000+00`, as PostgreSQL and pgBackRest both read it. */
const asTarget = (time: Date): string => time.toISOString().replace('T', ' ').replace('Z', '+00');

/**
 * Backups by pgBackRest, for PostgreSQL from packages: a full one when there is none of the last week, else what changed since the
 * one before. Where the repository is, and its key, stands in pgBackRest's own settings, which PostgreSQL's user reads.
 */
export class PgBackRest implements BackupTool {
  constructor(
    private readonly stanza: string,
    private readonly settings: StorageSettings,
  ) {}

  async make(): Promise<Backup> {
    const before = await this.#info();
    const isRecent = ({ type, timestamp }: Stanza['backup'][number]) =>
      type === 'full' && timestamp.stop * 1000 > Date.now() - WEEK;
    const newest = before.backup.at(-1);
    // After a gap an incremental one would restore; but a full one needs nothing from before the gap.
    const full = !newest || !before.backup.some(isRecent) || (await this.missing()).length > 0;
    const retention = [
      '--repo1-retention-full-type=time',
      `--repo1-retention-full=${Math.max(1, this.settings.BACKUP_KEEP)}`,
    ];
    await pgbackrest(this.stanza, 'backup', `--type=${full ? 'full' : 'incr'}`, ...retention);
    const made = (await this.#info()).backup.at(-1);
    if (!made || made.label === newest?.label)
      throw new Refused('pgBackRest made no backup, and did not say why');
    if (made.error)
      throw new Refused(`${made.label} has pages with wrong checksums: PostgreSQL's own disk is damaged`);
    return backupOf(made);
  }

  async list(): Promise<Backup[]> {
    return (await this.#info()).backup.map(backupOf);
  }

  async verify(): Promise<string[]> {
    const { backup } = await this.#info();
    // It exits with 0 whatever it finds.
    const text = await pgbackrest(this.stanza, 'verify', '--output=text', '--verbose');
    const faults = text
      .split(/\n(?= {2}\S)/)
      .slice(1)
      .filter((part) => /: [1-9]\d*(,|$)|status: invalid|^ {2}No /m.test(part.replace(/total .*/, '')))
      .map((part) => part.replaceAll(/\s+/g, ' ').trim());
    if (faults.length === 0 && !/^status: ok$/m.test(text))
      faults.push(sentenceOf(text) ?? 'pgBackRest did not say that the repository is whole');
    const damaged = backup
      .filter(({ error }) => error)
      .map(({ label }) => `${label} has pages with wrong checksums`);
    if (backup.length === 0) faults.push('no complete backup');
    return [...faults, ...damaged, ...(await this.missing('oldest'))];
  }

  async archive(): Promise<void> {
    // Ends a segment, and waits until it is there.
    await pgbackrest(this.stanza, 'check');
  }

  /** Where WAL is missing since the newest backup, or since the oldest. */
  async missing(since: 'oldest' | 'newest' = 'newest'): Promise<string[]> {
    // Asked first: what is archived meanwhile is no gap.
    const { archived, bytes, waits } = await this.#archiver();
    const stanza = await this.#info().catch((error: unknown) => {
      // The repository is away: as long as PostgreSQL keeps its WAL (WalWaits), none is missing.
      if (waits && since === 'newest') return null;
      throw error;
    });
    const now = stanza?.db.at(-1);
    const own = stanza?.backup.filter(({ database }) => database.id === now?.id);
    const first = own?.at(since === 'oldest' ? 0 : -1);
    if (!first || !now) return [];
    const archive = `archive/${this.stanza}/${now.version}-${now.id}`;
    const listing = await pgbackrest(this.stanza, 'repo-ls', '--recurse', archive);
    return gapsOf(segmentsIn(listing), first.archive.start, archived, bytes);
  }

  async restore(target: Target, folder: string): Promise<RestoredServer> {
    const into = resolve(folder);
    if (target !== 'latest' && target.getTime() > Date.now()) throw new Refused(ENDS_BEFORE);
    await mkdir(into, { recursive: true, mode: 0o700 });
    if ((await readdir(into)).length > 0)
      throw new Refused(`expected an empty folder but received ${folder}, which has files`);
    const { db } = await this.#info();
    const until =
      target === 'latest'
        ? ['--type=default']
        : ['--type=time', `--target=${asTarget(target)}`, '--target-action=promote'];
    const { DATABASE_DIRECT_URL, DATABASE_URL } = this.settings;
    try {
      await pgbackrest(this.stanza, 'restore', `--pg1-path=${into}`, '--archive-mode=off', ...until);
      return await serveRestored(into, String(db.at(-1)?.version), DATABASE_DIRECT_URL ?? DATABASE_URL);
    } catch (error) {
      // Empty, as it was: it can be tried again.
      for (const name of await readdir(into)) await rm(join(into, name), { recursive: true });
      throw error;
    }
  }

  async #info(): Promise<Stanza> {
    const printed = await pgbackrest(this.stanza, 'info', '--output=json');
    // By a wrong key it reads noise, and quotes it as it is.
    const [stanza] = JSON.parse(printed.replaceAll(/\p{Cc}/gu, ' ')) as Stanza[];
    // 2: no backup yet.
    if (stanza && [0, 2].includes(stanza.status.code)) return stanza;
    const said = stanza?.repo.map(({ status }) => status.message).join(' ') || 'missing stanza path';
    throw new Refused(sentenceOf(said) ?? said.split('\n')[0] ?? said);
  }

  async #archiver(): Promise<Archiver> {
    const { DATABASE_DIRECT_URL, DATABASE_URL } = this.settings;
    const source = await openDataSource({ url: DATABASE_DIRECT_URL ?? DATABASE_URL, name: 'narwhal-backup' });
    const { rows } = await new Database(source).query<Archiver>(
      'backups.archiver',
      `SELECT coalesce(substring(last_archived_wal FROM '^[0-9A-F]{24}$'), '') AS archived,
         coalesce(last_failed_time > last_archived_time, last_failed_time IS NOT NULL) AS waits,
         pg_size_bytes(current_setting('wal_segment_size'))::float AS bytes FROM pg_stat_archiver`,
    );
    await source.destroy();
    return rows[0] as Archiver;
  }
}

const backupOf = ({ label, info, timestamp }: Stanza['backup'][number]): Backup => ({
  name: label,
  begunAt: new Date(timestamp.start * 1000),
  endedAt: new Date(timestamp.stop * 1000),
  bytes: info.repository.delta,
});
