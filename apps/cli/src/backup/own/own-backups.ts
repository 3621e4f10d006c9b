import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createZstdCompress, createZstdDecompress } from 'node:zlib';
import type { StorageSettings } from '@app/platform';
import { baseBackup, openRepository, type Repository } from '@app/storage/backups';
import { Database, openDataSource } from '@app/storage/database';
import { Refused } from '../../refused.js';
import type { BackupTool, RestoredServer, Target } from '../backup-tool.js';
import { clusterOf } from '../cluster.js';
import { noteRepository } from './noted-repository.js';
import { restoreOwn } from './restoring.js';
import { DAY, filesOver } from './retention.js';
import { refuseWithoutRoom } from './room.js';
import {
  aboutOf,
  baseOf,
  compression,
  contentsOf,
  gapAfter,
  needs,
  segmentsOf,
  timelineOf,
  walOf,
  type Contents,
  type Stored,
} from './stored.js';

/** How long a backup waits for its own WAL; the archive is asked every half second. */
const TRIES = 240;

/** Backups that Narwhal makes itself, of the PostgreSQL that `npm run up` starts (docs/decisions/0059). */
export class OwnBackups implements BackupTool {
  private constructor(
    private readonly settings: StorageSettings,
    readonly repository: Repository,
    private readonly place: string,
    private readonly disk?: string,
  ) {}

  /** `disk` is a folder on PostgreSQL's: a backup ends before that is full. */
  static async open(settings: StorageSettings, place: string, disk?: string): Promise<OwnBackups> {
    return new OwnBackups(settings, await openRepository(place, settings), place, disk);
  }

  private async lookAtRoom(): Promise<void> {
    if (this.disk) await refuseWithoutRoom(this.disk);
  }

  private get url(): string {
    return this.settings.DATABASE_DIRECT_URL ?? this.settings.DATABASE_URL;
  }

  make(): Promise<Stored> {
    return this.said(async () => {
      await this.lookAtRoom();
      const stored = await this.copy();
      await this.lookAtRoom();
      await switchWal(this.url);
      await this.untilArchived(stored.system, stored.to);
      await this.repository.write(aboutOf(stored), Readable.from([Buffer.from(JSON.stringify(stored))]));
      await this.forget(stored.system);
      return stored;
    });
  }

  private async copy(): Promise<Stored> {
    const source = await baseBackup(this.url);
    const looking = setInterval(() => {
      this.lookAtRoom().catch((error: Error) => source.tar.destroy(error));
    }, 200);
    const { system, major, segmentBytes, begunAt } = source;
    const name = begunAt.toISOString().replaceAll(':', '-');
    try {
      const hash = createHash('sha256');
      let unpackedBytes = 0;
      const packed = createZstdCompress(compression);
      source.tar.on('data', (chunk: Buffer) => (unpackedBytes += chunk.byteLength));
      packed.on('data', (chunk: Buffer) => hash.update(chunk));
      packed.pause();
      const [bytes] = await Promise.all([
        this.repository.write(baseOf({ system, name }), packed).catch((error: unknown) => {
          source.tar.destroy(error as Error);
          throw error;
        }),
        pipeline(source.tar, packed),
      ]);
      const password = decodeURIComponent(new URL(this.url).password);
      const facts = { system, name, major, segmentBytes, begunAt, unpackedBytes, bytes, password };
      return { ...facts, ...(await source.finish()), sha256: hash.digest('hex') };
    } finally {
      clearInterval(looking);
      await source.close();
    }
  }

  private async untilArchived(system: string, segment: string): Promise<void> {
    for (let tries = 0; tries < TRIES; tries += 1) {
      if ((await this.repository.sizeOf(walOf(system, segment))) !== null) return;
      await sleep(500);
    }
    throw new Refused(
      'what was written last was not archived within two minutes: see pg_stat_archiver, and whether `npm run up` runs here',
    );
  }

  archive(): Promise<void> {
    return this.said(async () => {
      const { system, segment } = await switchWal(this.url);
      await this.untilArchived(system, segment);
    });
  }

  private async forget(system: string): Promise<void> {
    const { BACKUP_KEEP: days } = this.settings;
    await this.repository.remove(filesOver(await contentsOf(this.repository), system, days, Date.now()));
    await this.repository.removeUnfinished(new Date(Date.now() - DAY));
    const left = await contentsOf(this.repository);
    for (const backup of left.backups.filter((each) => each.system === system)) {
      const gap = gapAfter(left, backup);
      if (gap && needs(backup, gap))
        throw new Refused(`the backup ${backup.name} needs the segment ${gap} of WAL, which is missing`);
    }
  }

  contents(): Promise<Contents> {
    return this.said(() => contentsOf(this.repository));
  }

  async list(): Promise<Stored[]> {
    return (await this.contents()).backups;
  }

  verify(): Promise<string[]> {
    return this.said(async () => {
      const contents = await contentsOf(this.repository);
      const faults: string[] = contents.backups.length === 0 ? ['there is no complete backup'] : [];
      for (const backup of contents.backups) {
        if ((await this.sumOf(baseOf(backup))) !== backup.sha256)
          faults.push(`the backup ${backup.name} is damaged`);
      }
      const lines = Map.groupBy(contents.backups, ({ system, from }) => `${system} ${timelineOf(from)}`);
      for (const [oldest] of lines.values()) if (oldest) faults.push(...missingSince(contents, oldest));
      for (const system of new Set(contents.backups.map((backup) => backup.system)))
        for (const segment of segmentsOf(contents, system))
          if (!(await this.unpacks(walOf(system, segment))))
            faults.push(`the segment ${segment} of WAL is damaged`);
      return faults;
    });
  }

  async missing(): Promise<string[]> {
    const { system } = await clusterOf(this.url);
    const contents = await this.contents();
    const newest = contents.backups.findLast((backup) => backup.system === system);
    return newest ? missingSince(contents, newest) : [];
  }

  private async sumOf(name: string): Promise<string | null> {
    const hash = createHash('sha256');
    try {
      for await (const chunk of await this.repository.read(name)) hash.update(chunk as Buffer);
      return hash.digest('hex');
    } catch (error) {
      if ((error as Error).name === 'FileMissing') return null;
      throw error;
    }
  }

  private async unpacks(name: string): Promise<boolean> {
    const packed = await this.repository.read(name);
    try {
      for await (const _ of packed.compose(createZstdDecompress()) as AsyncIterable<Buffer>);
      return true;
    } catch (error) {
      if (String((error as NodeJS.ErrnoException).code).startsWith('Z')) return false;
      throw error;
    }
  }

  restore(target: Target, folder: string, cluster?: string): Promise<RestoredServer> {
    return this.said(async () => {
      const server = await restoreOwn(this.repository, target, folder, cluster);
      // `up` goes on in it, and begins no other where its disk is not mounted.
      await noteRepository(folder, this.place);
      return server;
    });
  }

  /** Says what is wrong with the repository in its own words. */
  async said<Result>(work: () => Promise<Result>): Promise<Result> {
    try {
      return await work();
    } catch (error) {
      const fault = error instanceof Refused ? null : this.repository.faultOf(error);
      throw fault ? new Refused(fault, { cause: error }) : error;
    }
  }
}

function missingSince(contents: Contents, backup: Stored): string[] {
  const gap = gapAfter(contents, backup);
  return gap ? [`the segment ${gap} of WAL is missing from the archive`] : [];
}

/** Closes the segment of WAL that is being written, which is archived then. Returns the last that is closed. */
export async function switchWal(url: string): Promise<{ system: string; segment: string }> {
  const source = await openDataSource({ url, name: 'narwhal-backup' });
  try {
    const { rows } = await new Database(source).query<{ system: string; segment: string }>(
      'backup.switchWal',
      `SELECT system_identifier::text AS system, pg_walfile_name(pg_switch_wal()) AS segment FROM pg_control_system()`,
    );
    return rows[0] ?? { system: '', segment: '' };
  } finally {
    await source.destroy();
  }
}
