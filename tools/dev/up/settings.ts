import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { placesInEnvironment, type Address, type Environment } from '../env.ts';
import { freePortNear } from '../ports.ts';
import { ownRepository } from './backups.ts';
import { keptSecret, newKeyring } from '../secrets.ts';

export interface Servers {
  /** Undefined when the environment names a server of the user's own. */
  databaseUrl?: string;
  /** The same as the owner of the tables reaches it. */
  databaseOwnersUrl?: string;
  redisUrl?: string;
}

export interface Metrics {
  api: Address;
  worker: Address;
}

/** The usual ports, or free ones beside another Narwhal, unless the environment sets them. */
export async function chooseMetrics(environment: Environment): Promise<Metrics> {
  const host = '127.0.0.1';
  const api = environment.metrics ?? { host, port: await freePortNear(9464) };
  const worker = environment.workerMetrics ?? { host, port: await freePortNear(9465) };
  return { api, worker };
}

/** The applications' settings, besides those of the environment (see libs/platform/src/settings.ts). */
export function applicationSettings(
  environment: Environment,
  servers: Servers,
  metrics: Metrics,
): Record<string, string> {
  const { dataFolder, isSet } = environment;
  const secret = (name: string) => keptSecret(join(dataFolder, 'secrets', name), newKeyring);
  const settings: Record<string, string | undefined> = {
    DATABASE_URL: servers.databaseUrl,
    DATABASE_DIRECT_URL: servers.databaseOwnersUrl,
    REDIS_URL: servers.redisUrl,
    STORAGE_DIR: join(dataFolder, 'objects'),
    SCRATCH_DIR: join(dataFolder, 'scratch'),
    BACKUP_REPOSITORY: ownRepository(environment),
    MAIL_DIR: join(dataFolder, 'mail'),
    PAGES_DIR: join(dataFolder, 'pages'),
    TOKEN_KEYS: isSet('TOKEN_KEYS') ? undefined : secret('token-keys'),
    MEDIA_KEYS: isSet('MEDIA_KEYS') ? undefined : secret('media-keys'),
    METRICS_ADDR: `${metrics.api.host}:${metrics.api.port}`,
    WORKER_METRICS_ADDR: `${metrics.worker.host}:${metrics.worker.port}`,
    NODE_ENV: 'production',
    // Without this, glibc keeps an arena for each thread that ever decoded a photo.
    MALLOC_ARENA_MAX: '2',
  };
  const wanted = Object.entries(settings).filter(([name, value]) => value !== undefined && !isSet(name));
  return Object.fromEntries(wanted) as Record<string, string>;
}

/** Without what only the migrator and operators' programs need. */
export function servingSettings(settings: Record<string, string>): Record<string, string> {
  const { DATABASE_DIRECT_URL: _, ...rest } = settings;
  return rest;
}

const settingsFile = (dataFolder: string) => join(dataFolder, 'secrets', 'running.json');

/** Kept while Narwhal runs, so that `npm run admin`, `doctor` and others in another terminal reach the same servers. */
export function publishSettings(
  { dataFolder, host, port }: Environment,
  settings: Record<string, string>,
): void {
  mkdirSync(join(dataFolder, 'secrets'), { recursive: true, mode: 0o700 });
  const told = { HOST: host, PORT: String(port), ...placesInEnvironment(), ...settings };
  writeFileSync(settingsFile(dataFolder), JSON.stringify(told), { mode: 0o600 });
}

export function withdrawSettings(dataFolder: string): void {
  rmSync(settingsFile(dataFolder), { force: true });
}

export function publishedSettings(dataFolder: string): Record<string, string> | undefined {
  try {
    return JSON.parse(readFileSync(settingsFile(dataFolder), 'utf8')) as Record<string, string>;
  } catch {
    return undefined;
  }
}
