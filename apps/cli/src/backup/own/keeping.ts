import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { dirname } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StorageSettings } from '@app/platform';
import type { Repository } from '@app/storage/backups';
import { BackupRows, Database, openDataSource, type NewestOutcome } from '@app/storage/database';
import { Refused } from '../../refused.js';
import { clusterOf } from '../cluster.js';
import { ship } from './archiving.js';
import { notedRepository, noteRepository } from './noted-repository.js';
import { OwnBackups, switchWal } from './own-backups.js';
import { hasRoom } from './room.js';
import { gapAfter, timelineOf, type Stored } from './stored.js';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** How often the spool is looked at, in milliseconds. */
const LOOK = 1_000;
/** Four minutes, and a minute until it is in the repository: at most five minutes of writes are lost with the machine. */
const CLOSE = 4 * MINUTE;

const say = (text: string): void => void process.stdout.write(`${new Date().toISOString()} ${text}\n`);

/** `narwhal backup ...` as a process of its own, so that a backup and its memory end together. */
async function runCommand(...words: string[]): Promise<boolean> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'backup', ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  // Nothing more is begun then.
  const end = () => {
    child.once('exit', () => process.exit(0));
    child.kill();
  };
  process.once('SIGTERM', end);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGTERM', end);
  return code === 0;
}

/** How the newest of each kind ended. */
async function outcomes(url: string): Promise<NewestOutcome[]> {
  const source = await openDataSource({ url, name: 'narwhal-backup' });
  return new BackupRows(new Database(source)).newest().finally(() => source.destroy());
}

/**
 * Makes a cluster's place in a repository that it did not use before, and no other time: what should be mounted there and is not must not
 * be replaced by a folder on another disk. Which repository it uses is noted beside the spool.
 */
export async function begin(
  repository: Repository,
  place: string,
  { system, spool }: { system: string; spool: string },
): Promise<void> {
  const folder = dirname(spool);
  if ((await notedRepository(folder)) === place) return;
  await repository.begin(system);
  await noteRepository(folder, place);
}

/** When the newest is a day old, and at once where it is of another timeline, along which nothing of this one is restored. */
export function isDue(own: readonly Stored[], timeline: string, now: number): boolean {
  // One of the future was made while the clock was wrong.
  const newest = own.findLast(({ endedAt }) => endedAt.getTime() <= now);
  return !newest || now - newest.endedAt.getTime() >= DAY || timelineOf(newest.from) !== timeline;
}

/** Takes WAL from the spool to the repository for ever; of a repository that is away it tells once, and tries on. */
async function keepShipping(tool: OwnBackups, system: string, spool: string): Promise<never> {
  for (let told = ''; ; await sleep(told ? 10 * LOOK : LOOK)) {
    try {
      await tool.said(() => ship(tool.repository, system, spool));
      if (told) say('WAL is archived again');
      told = '';
    } catch (error) {
      const text = (error as Error).message;
      if (text !== told) say(`WAL is not archived: ${text}`);
      told = text;
    }
  }
}

/** Closes the segment of WAL that is being written. PostgreSQL's own `archive_timeout` would do it on a full disk, too, and end it there. */
async function keepClosing(url: string, spool: string): Promise<never> {
  for (; ; await sleep(CLOSE)) {
    try {
      if (await hasRoom(dirname(spool))) await switchWal(url);
    } catch (error) {
      say((error as Error).message);
    }
  }
}

interface Kept {
  tool: OwnBackups;
  system: string;
  timeline: string;
  url: string;
  spool: string;
  begun: () => Promise<void>;
}

function isDrillDue(oldest: Stored | undefined, newest: NewestOutcome | undefined): boolean {
  const drilled = Date.parse(newest?.endedAt ?? '') || 0;
  return Date.now() - Math.max(oldest?.endedAt.getTime() ?? Date.now(), drilled) >= 7 * DAY;
}

/** A backup when one is due or WAL is missing since the newest, and once the oldest is a week old, a check and a drill a week. */
async function keepBackingUp({ tool, system, timeline, url, spool, begun }: Kept): Promise<never> {
  let notBefore = 0;
  const run = async (...words: string[]): Promise<void> => {
    if (!(await runCommand(...words))) notBefore = Date.now() + HOUR;
  };
  for (; ; await sleep(MINUTE)) {
    if (Date.now() < notBefore || !(await hasRoom(dirname(spool)))) continue;
    try {
      // The backup fails for the same reason, which operators are told.
      await begun().catch((error: Error) => say(error.message));
      const contents = await tool.contents();
      const own = contents.backups.filter((backup) => backup.system === system);
      const newest = own.at(-1);
      const ended = new Map((await outcomes(url)).map((outcome) => [outcome.kind, outcome]));
      // It makes a backup, too. The next look ends the alert, an hour later, so that somebody hears it.
      if ((newest && gapAfter(contents, newest)) || ended.get('wal')?.good === false)
        await run('wal', dirname(spool));
      else if (isDue(own, timeline, Date.now())) await run('make', dirname(spool));
      if (isDrillDue(own[0], ended.get('drill'))) {
        await run('verify');
        await run('drill');
      }
    } catch (error) {
      say((error as Error).message);
      notBefore = Date.now() + HOUR;
    }
  }
}

/** `npm run up` runs it beside PostgreSQL, until it is stopped. */
export async function keep(settings: StorageSettings, spool: string): Promise<never> {
  const { BACKUP_REPOSITORY: place } = settings;
  if (!place || place.startsWith('pgbackrest:') || spool === '')
    throw new Refused('expected BACKUP_REPOSITORY with file: or s3:');
  const url = settings.DATABASE_DIRECT_URL ?? settings.DATABASE_URL;
  const [tool, cluster] = await Promise.all([OwnBackups.open(settings, place), clusterOf(url)]);
  const { system } = cluster;
  const begun = () => tool.said(() => begin(tool.repository, place, { system, spool }));
  return Promise.race([
    keepShipping(tool, system, spool),
    keepClosing(url, spool),
    keepBackingUp({ tool, ...cluster, url, spool, begun }),
  ]);
}
