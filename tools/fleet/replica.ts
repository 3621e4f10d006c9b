import { spawnSync } from 'node:child_process';
import { chownSync, cpSync, existsSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import pg from 'pg';
import { privilegeDropFor } from '../dev/privilege-drop/choice.ts';
import { postgresPrograms } from '../dev/postgres-cluster.ts';

/** Files that a standby must not copy from its primary: run-time files, slots, statistics, and the log, which is streamed to it. */
const ownThings = [
  'postmaster.pid',
  'postmaster.opts',
  'standby.signal',
  'pg_replslot/*',
  'pg_wal/*',
  'pg_stat_tmp/*',
  'pg_dynshmem/*',
];

export const slot = 'fleet_replica';

/**
 * Makes a standby's cluster from a running primary's: PostgreSQL's own low-level backup (its documentation, "Making a Base
 * Backup Using the Low Level API"), since the npm package contains no pg_basebackup. A slot keeps the log written meanwhile,
 * which is streamed to the standby. Does nothing when the cluster exists.
 */
export async function makeReplica(primary: { url: string; dir: string }, dir: string): Promise<void> {
  const from = privilegeDropFor({ programs: postgresPrograms(), data: primary.dir });
  const to = privilegeDropFor({ programs: postgresPrograms(), data: dir });
  const cluster = join(to.onDisk, 'cluster');
  if (existsSync(join(cluster, 'standby.signal'))) return;
  rmSync(cluster, { recursive: true, force: true });
  cpSync(join(from.onDisk, 'password'), join(to.onDisk, 'password'));
  const client = new pg.Client({ connectionString: primary.url });
  await client.connect();
  try {
    await client.query(
      `SELECT pg_create_physical_replication_slot($1, true) WHERE NOT EXISTS (SELECT FROM pg_replication_slots WHERE slot_name = $1)`,
      [slot],
    );
    await client.query("SELECT pg_backup_start('fleet', true)");
    copy(join(from.onDisk, 'cluster'), cluster);
    const { rows } = await client.query<{ labelfile: string }>('SELECT labelfile FROM pg_backup_stop(false)');
    writeFileSync(join(cluster, 'backup_label'), rows[0]?.labelfile ?? '', { mode: 0o600 });
    writeFileSync(join(cluster, 'standby.signal'), '', { mode: 0o600 });
    if (to.user)
      for (const file of ['cluster/backup_label', 'cluster/standby.signal', 'password'])
        chownSync(join(to.onDisk, file), to.user.uid, to.user.gid);
  } catch (error) {
    rmSync(cluster, { recursive: true, force: true });
    throw error;
  } finally {
    await client.end();
  }
}

function copy(from: string, to: string): void {
  mkdirSync(to, { mode: 0o700 });
  const without = ownThings.map((path) => `--exclude=./${path}`).join(' ');
  // The log repairs files that change or disappear while they are read: tar then exits with 1.
  const script = `cd "$1" && { tar -cf - ${without} . || [ $? = 1 ]; } | tar -xpf - -C "$2"`;
  const { status, stderr } = spawnSync('sh', ['-c', script, 'sh', from, to], { encoding: 'utf8' });
  if (status !== 0) throw new Error(`copying the primary's cluster failed:\n${stderr}`);
}
