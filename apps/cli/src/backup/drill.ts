import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { chmod, mkdtemp, mkdir, readdir, readFile, rm } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { environmentWith, type StorageSettings } from '@app/platform';
import {
  ContentRows,
  Database,
  migrate,
  openDataSource,
  type ByTable,
  type SampledPhoto,
} from '@app/storage/database';
import {
  configuredStore,
  configuredStores,
  objectKey,
  ObjectMissing,
  StoreHome,
  TwoStores,
} from '@app/storage/objects';
import type { Outcome } from './backup.js';
import type { BackupTool } from './backup-tool.js';
import { Refused } from '../refused.js';
import { clusterOf } from './cluster.js';

/** Photos whose bytes are read. */
const SAMPLE = 20;
/** Until the api has to serve: a minute. */
const TRIES = 240;

async function opened<Result>(
  url: string,
  work: (contents: ContentRows, database: Database) => Promise<Result>,
): Promise<Result> {
  const source = await openDataSource({ url, name: 'narwhal-drill' });
  const database = new Database(source);
  return work(new ContentRows(database), database).finally(() => source.destroy());
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

/** An api on the restored database, which touches nothing else: without Redis, and told of nothing to report to. */
async function refuseUnlessServed(url: string): Promise<void> {
  const [port, metrics] = [await freePort(), await freePort()];
  const silent = [
    'DATABASE_DIRECT_URL',
    'REDIS_QUEUE_URL',
    'REDIS_SENTINELS',
    'WATCHED_BY',
    'SENTRY_DSN',
    'OTEL_EXPORTER_OTLP_ENDPOINT',
    'VISIT_LOGIN',
    'VISIT_PASSWORD',
  ];
  const files = ['DATABASE_URL_FILE', 'REDIS_URL_FILE', ...silent.map((name) => `${name}_FILE`)];
  const env = environmentWith({
    ...Object.fromEntries([...silent, ...files].map((name) => [name, ''])),
    DATABASE_URL: url,
    REDIS_URL: 'redis://127.0.0.1:1',
    HOST: '127.0.0.1',
    PORT: String(port),
    METRICS_ADDR: `127.0.0.1:${metrics}`,
  });
  const program = join(import.meta.dirname, '..', '..', '..', 'api', 'src', 'main.js');
  const api = spawn(process.execPath, [program], { env, stdio: 'ignore' });
  const ended = once(api, 'exit');
  try {
    for (const path of ['/health/ready', '/v1/instance'])
      await untilOk(`http://127.0.0.1:${port}${path}`, () => api.exitCode !== null);
  } finally {
    api.kill('SIGKILL');
    await ended;
  }
}

async function untilOk(url: string, isOver: () => boolean): Promise<void> {
  let last = 'it did not answer';
  for (let tries = 0; tries < TRIES && !isOver(); tries += 1) {
    // It starts.
    const answer = await fetch(url, { signal: AbortSignal.timeout(5_000) }).catch(() => null);
    await answer?.body?.cancel();
    if (answer?.ok) return;
    last = answer ? `it answered ${answer.status}` : last;
    await sleep(250);
  }
  throw new Refused(
    `an api on the restored database does not serve ${new URL(url).pathname}: ${isOver() ? 'it ended' : last}`,
  );
}

async function sha256Of(stores: TwoStores, { folder }: SampledPhoto): Promise<string | null> {
  try {
    const hash = createHash('sha256');
    const { stream } = await stores.read(objectKey(folder, 'original'));
    for await (const chunk of stream) hash.update(chunk as Buffer);
    return hash.digest('hex');
  } catch (error) {
    if (error instanceof ObjectMissing) return null;
    throw error;
  }
}

/** The originals of some restored photos, byte for byte; one that was deleted since may be gone. Returns how many were read. */
async function comparePhotos(
  photos: readonly SampledPhoto[],
  settings: StorageSettings,
  url: string,
): Promise<number> {
  return opened(url, async (contents, database) => {
    const configured = await configuredStores(settings);
    const stores = new TwoStores(configured, new StoreHome(database, configuredStore(settings)));
    let read = 0;
    for (const photo of photos) {
      const found = await sha256Of(stores, photo);
      if (found === photo.sha256) read += 1;
      else if (found !== null || (await contents.hasPhoto(photo)))
        throw new Refused(
          `the original of photo ${photo.id} ${found === null ? 'is missing' : 'differs from the SHA-256 of its row'}`,
        );
    }
    await configured.s3?.close();
    return read;
  });
}

/** A table may differ from the original by as many rows as were inserted and deleted there meanwhile, and by no more. */
export function refuseDifferences(
  original: ByTable,
  restored: ByTable,
  before: ByTable,
  after: ByTable,
): void {
  for (const [table, count] of original) {
    const [changed, found] = [(after.get(table) ?? 0) - (before.get(table) ?? 0), restored.get(table) ?? 0];
    // Less than nothing: PostgreSQL crashed meanwhile and began to count anew.
    if (changed >= 0 && Math.abs(found - count) > changed)
      throw new Refused(
        `the restored table ${table} has ${found} rows, the original ${count}, and ${changed} changed meanwhile`,
      );
  }
}

/** The scratch folders of drills that were killed: a whole database each, and its password. A name has the process's number. */
export async function removeLeft(parent: string): Promise<void> {
  for (const name of await readdir(parent)) {
    const [, pid = ''] = /^narwhal-drill-(\d+)-/.exec(name) ?? [];
    // No process has this number.
    const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
    if (!pid || (command.includes('drill') && pid !== String(process.pid))) continue;
    // Another user's.
    await rm(join(parent, name), { recursive: true, force: true }).catch(() => undefined);
  }
}

/**
 * Restores the newest backup and all WAL into a scratch folder, brings it to this release's schema, and holds it against the original: rows
 * by table, an api that serves from it, and the bytes of some photos. Leaves nothing.
 */
export async function drill(tool: BackupTool, settings: StorageSettings): Promise<Outcome> {
  const begun = performance.now();
  const url = settings.DATABASE_DIRECT_URL ?? settings.DATABASE_URL;
  const [before, original] = await opened(url, async (contents) => {
    const changes = await contents.changes();
    return [changes, await contents.counts(changes.keys())] as const;
  });
  await tool.archive();
  const { system } = await clusterOf(url);
  const parent = settings.SCRATCH_DIR ?? tmpdir();
  await mkdir(parent, { recursive: true });
  await removeLeft(parent);
  const scratch = await mkdtemp(join(parent, `narwhal-drill-${process.pid}-`));
  try {
    // PostgreSQL's user passes through; what is in it is for nobody else.
    await chmod(scratch, 0o711);
    const server = await tool.restore('latest', join(scratch, 'postgres'), system);
    const restoredIn = (performance.now() - begun) / 1000;
    try {
      const [restored, photos] = await opened(
        server.url,
        async (contents) =>
          [await contents.counts(original.keys()), await contents.somePhotos(SAMPLE)] as const,
      );
      await migrate(server.url);
      await refuseUnlessServed(server.url);
      const read = await comparePhotos(photos, settings, url);
      refuseDifferences(original, restored, before, await opened(url, (contents) => contents.changes()));
      const rows = [...restored.values()].reduce((sum, count) => sum + count, 0);
      return {
        good: true,
        sentence: `restored in ${restoredIn.toFixed(1)} s; ${rows} rows of ${restored.size} tables and ${read} photos are as in the original, and an api serves from it`,
      };
    } finally {
      await server.stop();
    }
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}
