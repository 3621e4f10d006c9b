import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as sleep } from 'node:timers/promises';
import type { StorageSettings } from '@app/platform';
import { BackupRows, Database, openDataSource } from '@app/storage/database';
import { Refused } from '../backup-tool.js';
import { ship } from './archiving.js';
import { OwnBackups } from './own-backups.js';

const [MINUTE, HOUR, DAY] = [60_000, 3_600_000, 86_400_000];
/** How often the spool is looked at, in milliseconds. */
const LOOK = 1_000;

const say = (text: string): void => void process.stdout.write(`${new Date().toISOString()} ${text}\n`);

/** `narwhal backup ...` as a process of its own, so that a backup and its memory end together. */
async function runCommand(...words: string[]): Promise<boolean> {
  const child = spawn(process.execPath, [process.argv[1] ?? '', 'backup', ...words], {
    stdio: ['ignore', 'inherit', 'inherit'],
  });
  const end = () => child.kill();
  process.once('SIGTERM', end);
  const [code] = (await once(child, 'exit')) as [number | null];
  process.off('SIGTERM', end);
  return code === 0;
}

async function opened<Result>(url: string, work: (database: Database) => Promise<Result>): Promise<Result> {
  const source = await openDataSource({ url, name: 'narwhal-backup' });
  return work(new Database(source)).finally(() => source.destroy());
}

const clusterOf = (url: string): Promise<string | null> =>
  opened(url, (database) =>
    database.value<string>('backup.cluster', 'SELECT system_identifier::text FROM pg_control_system()'),
  );

/** When a drill ended last, well or not; in milliseconds, 0 before the first. */
const lastDrill = (url: string): Promise<number> =>
  opened(url, async (database) => {
    const drill = (await new BackupRows(database).newest()).find(({ kind }) => kind === 'drill');
    return drill ? Date.parse(drill.endedAt) : 0;
  });

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

/** A backup when the newest is a day old, and once the oldest is a week old, a check and a drill a week. */
async function keepBackingUp(tool: OwnBackups, system: string, url: string): Promise<never> {
  let notBefore = 0;
  for (; ; await sleep(MINUTE)) {
    if (Date.now() < notBefore) continue;
    try {
      const own = (await tool.list()).filter((backup) => backup.system === system);
      const age = Date.now() - (own.at(-1)?.endedAt.getTime() ?? 0);
      if (age >= DAY && !(await runCommand())) notBefore = Date.now() + HOUR;
      const tried = Math.max(own[0]?.endedAt.getTime() ?? Date.now(), await lastDrill(url));
      if (Date.now() - tried >= 7 * DAY) {
        await runCommand('verify');
        await runCommand('drill');
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
  const [tool, system] = await Promise.all([OwnBackups.open(settings, place), clusterOf(url)]);
  if (system === null) throw new Refused('expected a PostgreSQL that names its cluster');
  return Promise.race([keepShipping(tool, system, spool), keepBackingUp(tool, system, url)]);
}
