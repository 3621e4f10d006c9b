import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, openSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Database, openDataSource } from '@app/storage/database';
import type { RestoredServer } from './backup-tool.js';
import { Refused } from '../refused.js';

/** Where Debian, and PGDG elsewhere, put a major version's programs. */
const homes = ['/usr/lib/postgresql', '/usr/pgsql-'];

/** The folder of a major version's programs. */
export function programsOf(major: string): string {
  const found = homes.map((home) => join(home.endsWith('-') ? `${home}${major}` : join(home, major), 'bin'));
  const folder = found.find((each) => existsSync(join(each, 'postgres')));
  if (!folder)
    throw new Refused(
      `the backup is of PostgreSQL ${major}, which is not installed here: sudo apt-get install postgresql-${major}`,
    );
  return folder;
}

export const ENDS_BEFORE = 'the archive ends before the time to restore to: name an earlier one, or latest';

/** Why PostgreSQL ended, by its log. */
function reasonIn(log: string): string {
  if (log.includes('recovery ended before configured recovery target')) return ENDS_BEFORE;
  // The log also has each pg_isready that came too early.
  const fatal = [...log.matchAll(/(?:FATAL|PANIC): +(?!the database system is)(.*)/g)].at(-1)?.[1];
  return `PostgreSQL could not recover: ${fatal ?? log.trim().split('\n').at(-1)}`;
}

async function recovered(server: ChildProcess, isReady: () => boolean, log: string): Promise<void> {
  const ended = once(server, 'exit');
  while (!isReady()) {
    const exited = await Promise.race([ended.then(() => true), sleep(200, false)]);
    if (exited) throw new Refused(reasonIn(readFileSync(log, 'utf8')));
  }
}

/** The owner of the tables there. */
async function ownerOf(url: string): Promise<string | undefined> {
  const source = await openDataSource({ url, name: 'narwhal-restore' });
  const { rows } = await new Database(source).query<{ owner: string }>(
    'backups.owner',
    `SELECT tableowner AS owner FROM pg_tables WHERE schemaname = 'public' AND tablename = 'backups'`,
  );
  await source.destroy();
  return rows[0]?.owner;
}

/**
 * Recovers a restored folder and serves it, by a socket that only this user reaches. It archives nothing, or it would write its
 * own WAL among that of the server that it was copied from. Debian keeps settings outside of the folder, so it has its own.
 */
export async function serveRestored(folder: string, major: string, like: string): Promise<RestoredServer> {
  const programs = programsOf(major);
  // The path of a socket has at most 107 bytes.
  const own = await mkdtemp(join(tmpdir(), 'narwhal-restore-'));
  const log = join(own, 'log');
  await writeFile(join(own, 'hba.conf'), 'local all all trust\n');
  await writeFile(join(own, 'ident.conf'), '');
  // Without a hot standby recovery asks for no setting of the server that made the backup (max_connections, for one).
  await writeFile(
    join(own, 'postgresql.conf'),
    `data_directory = '${folder.replaceAll("'", "''")}'
hba_file = '${own}/hba.conf'
ident_file = '${own}/ident.conf'
listen_addresses = ''
unix_socket_directories = '${own}'
hot_standby = off
`,
  );
  const output = openSync(log, 'a');
  const args = [`--config-file=${own}/postgresql.conf`, '-c', 'archive_mode=off', '-c', 'port=5432'];
  const server = spawn(join(programs, 'postgres'), args, { cwd: folder, stdio: ['ignore', output, output] });
  const stop = async () => {
    if (server.exitCode === null && server.signalCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGINT');
      await ended;
    }
    await rm(own, { recursive: true });
  };
  try {
    const ready = [join(programs, 'pg_isready'), '-q', '-h', own, '-p', '5432'] as const;
    await recovered(server, () => spawnSync(ready[0], ready.slice(1)).status === 0, log);
    const url = new URL(like);
    url.host = '';
    const there = (person: string) => `postgres://${person}@${encodeURIComponent(own)}:5432${url.pathname}`;
    const owner = await ownerOf(there(url.username));
    const next = `docs/install-ubuntu.md, "Daily, by pgBackRest", puts ${folder} in the place of PostgreSQL's own folder`;
    return { url: there(owner ?? url.username), next, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}
