import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { rm, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { databaseFault, folderFault, isInstalled, redisFault, type Config } from '@app/platform';
import { lookAtRedis } from '@app/feed';
import { lookAtDatabase, OWNER_SERVES } from '@app/storage/database';
import { command, fault, ok, warning, type Finding } from './finding.js';
import { sentinels } from './sentinels.js';

const oldestPostgres = 15;
const GiB = 1024 ** 3;
/** Below this, the largest photo and its renditions may not fit. */
const leastRoom = GiB;

async function lookInto(url: string, setting: string): Promise<Finding[]> {
  try {
    const { version, behind, ahead, ownsTables } = await lookAtDatabase(url);
    const findings = [ok(`PostgreSQL ${version} (${setting})`)];
    if (Number.parseInt(version, 10) < oldestPostgres) {
      findings.push(
        fault(
          `PostgreSQL ${version} is too old: Narwhal needs ${oldestPostgres} or newer; upgrade it (pg_upgradecluster).`,
        ),
      );
    }
    if (behind.length > 0) {
      findings.push(
        fault(
          `The database is ${behind.length} migrations behind this version: run "${command('migrate')}".`,
        ),
      );
    }
    if (ahead.length > 0) {
      findings.push(
        warning(
          `The database was migrated by a newer Narwhal (${ahead.join(', ')}): one release back works, further back install that version again or restore a backup.`,
        ),
      );
    }
    if (ownsTables && setting === 'DATABASE_URL') findings.push(warning(OWNER_SERVES));
    return findings;
  } catch (error) {
    return [fault(databaseFault(error, url, setting).text)];
  }
}

/** The report on a server that the launcher starts itself, while none is running. */
const comesWithUp = (url: string): boolean => !isInstalled && /^\w+:\/\/$/.test(url);
const startedByUp = (name: string): Finding => ok(`${name}: "npm run up" starts one of its own`);

/** Checks the pool and, where they are others, the server behind it and the replica. */
export async function postgres(config: Config): Promise<Finding[]> {
  if (comesWithUp(config.DATABASE_URL)) return [startedByUp('PostgreSQL')];
  const findings: Finding[] = [];
  for (const setting of ['DATABASE_URL', 'DATABASE_DIRECT_URL', 'DATABASE_REPLICA_URL'] as const) {
    const url = config[setting];
    if (url !== undefined) findings.push(...(await lookInto(url, setting)));
  }
  return findings;
}

async function oneRedis(url: string, setting: string, queue: boolean): Promise<Finding> {
  try {
    const { version, policy, writesAlone } = await lookAtRedis(url);
    if (queue && policy && policy !== 'noeviction') {
      return fault(
        `Redis at ${setting} deletes jobs when it is full (maxmemory-policy ${policy}): set it to noeviction.`,
      );
    }
    if (writesAlone)
      return warning(
        `Redis at ${setting} takes writes that no replica has, and a failover loses them: set min-replicas-to-write 1 and min-replicas-max-lag 2 at each.`,
      );
    return ok(`Redis ${version} (${setting})`);
  } catch (error) {
    return fault(redisFault(error, url, setting).text);
  }
}

export async function redis({ REDIS_URL, REDIS_QUEUE_URL }: Config): Promise<Finding[]> {
  const main = comesWithUp(REDIS_URL)
    ? startedByUp('Redis')
    : await oneRedis(REDIS_URL, 'REDIS_URL', REDIS_QUEUE_URL === undefined);
  const queue = REDIS_QUEUE_URL ? [await oneRedis(REDIS_QUEUE_URL, 'REDIS_QUEUE_URL', true)] : [];
  return [main, ...queue, ...(await sentinels(REDIS_URL))];
}

/** The folder itself, or its nearest existing parent: the process that needs the folder creates it, with the permissions that it needs. */
function standing(path: string): string {
  return existsSync(path) || path === dirname(path) ? path : standing(dirname(path));
}

async function folder(path: string, setting: string): Promise<Finding> {
  const there = standing(resolve(path));
  const trial = join(there, `.doctor-${randomBytes(6).toString('hex')}`);
  try {
    // Writes some bytes: an empty file can be created even on a full disk.
    await writeFile(trial, randomBytes(65_536), { flush: true });
    await rm(trial);
    const { bavail, blocks, bsize } = await statfs(there);
    const [free, all] = [bavail * bsize, blocks * bsize];
    const room = `${(free / GiB).toFixed(1)} GiB of ${(all / GiB).toFixed(1)} free`;
    if (free < leastRoom) {
      return fault(
        `The disk of ${path} is nearly full (${room}): make room on it, or move ${setting} to a larger one.`,
      );
    }
    return free < all / 10
      ? warning(`The disk of ${path} has less than a tenth left (${room}): plan a larger one.`)
      : ok(`${setting} ${path}, ${room}`);
  } catch (error) {
    // The failure reported below has the same cause.
    await rm(trial, { force: true }).catch(() => undefined);
    return fault(folderFault((error as NodeJS.ErrnoException).code ?? 'unknown', path, setting).text);
  }
}

/** Checks the folders for photos and for the workers' scratch files. */
export async function disks({ S3_BUCKET, STORAGE_DIR, SCRATCH_DIR }: Config): Promise<Finding[]> {
  const findings = S3_BUCKET ? [] : [await folder(STORAGE_DIR, 'STORAGE_DIR')];
  return SCRATCH_DIR ? [...findings, await folder(SCRATCH_DIR, 'SCRATCH_DIR')] : findings;
}
