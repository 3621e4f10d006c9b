import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { throughSentinels } from './queue/sentinel-url.js';
import { everySetting } from './settings.js';

/** The name of every setting; `NAME_FILE` names a file that holds the value of each. */
export const settingNames: ReadonlySet<string> = new Set(Object.keys(everySetting.shape));

export type Config = z.output<typeof everySetting> & { publicUrl: string; mediaUrl: string };

/** Thrown when the environment is incomplete or wrong; `message` names every problem at once. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

const problemsIn = (lines: readonly string[]): ConfigError =>
  new ConfigError(
    `the configuration has ${lines.length} problem(s):\n${lines.map((line) => `  ${line}`).join('\n')}`,
  );

/**
 * `NAME_FILE` names a file that holds the value of `NAME`, for every setting: how secrets reach containers and units. Both are
 * refused: whichever won, somebody would have changed the other and seen nothing come of it.
 */
function valueOf(name: string, env: NodeJS.ProcessEnv): { value?: string; problem?: string } {
  const file = env[`${name}_FILE`];
  if (!file) return { value: env[name] };
  if (env[name]) return { problem: `${name}: expected it or ${name}_FILE, but both are set` };
  try {
    return { value: readFileSync(file, 'utf8').trim() };
  } catch (error) {
    const why = error instanceof Error && 'code' in error ? String(error.code) : String(error);
    return { problem: `${name}_FILE: expected a file that can be read but received "${file}" (${why})` };
  }
}

/** @throws ConfigError with one line for each file that is of no use */
function valuesOf(names: readonly string[], env: NodeJS.ProcessEnv): Record<string, string> {
  const read = names.map((name) => ({ name, ...valueOf(name, env) }));
  const problems = read.flatMap(({ problem }) => problem ?? []);
  if (problems.length > 0) throw problemsIn(problems);
  return Object.fromEntries(read.flatMap(({ name, value }) => (value ? [[name, value]] : [])));
}

/** Where a setting stands: in a file, or in the environment itself; null where it is not set. */
export function settingPlace(
  name: string,
  env: NodeJS.ProcessEnv = process.env,
): { file: string | null } | null {
  const file = env[`${name}_FILE`];
  return file ? { file } : env[name] ? { file: null } : null;
}

/** Quotes the received value only if it is not secret: numbers, and the two addresses that clients see anyway. */
function wordsOf(issue: z.core.$ZodIssue, name: string, received: string | undefined): string {
  if (received === undefined) return 'expected a value, but it is not set';
  if (issue.code === 'invalid_type' && (issue.expected === 'number' || issue.expected === 'int'))
    return `expected a ${issue.expected === 'int' ? 'whole ' : ''}number but received "${received}"`;
  if (issue.code === 'invalid_format' && issue.format === 'url')
    return `expected an address such as https://example.org${/^(PUBLIC|MEDIA)_URL$/.test(name) ? ` but received "${received}"` : ''}`;
  return issue.message;
}

function parse<Shape extends z.ZodRawShape>(
  shape: z.ZodObject<Shape>,
  env: NodeJS.ProcessEnv,
): z.output<typeof shape> {
  const values = valuesOf(Object.keys(shape.shape), env);
  const result = shape.safeParse(values);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return `${name}: ${wordsOf(issue, name, values[name])}`;
  });
  throw problemsIn(lines);
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

const publicUrlOf = ({ PUBLIC_URL, PORT }: { PUBLIC_URL?: string | undefined; PORT: number }): string =>
  withoutSlash(PUBLIC_URL ?? `http://localhost:${PORT}`);

type RedisSettings = Pick<z.output<typeof everySetting>, 'REDIS_URL' | 'REDIS_QUEUE_URL' | 'REDIS_SENTINELS'>;

/** With sentinels, the URLs that name them too: whoever opens a connection needs no other setting. */
function redisUrls({ REDIS_SENTINELS: sentinels, ...urls }: RedisSettings): Partial<RedisSettings> {
  if (sentinels === undefined) return {};
  const through = (setting: 'REDIS_URL' | 'REDIS_QUEUE_URL'): Partial<RedisSettings> => {
    const url = urls[setting];
    if (url === undefined) return {};
    const { hostname, port } = URL.canParse(url) ? new URL(url) : { hostname: '', port: '' };
    if (/^rediss?:/.test(url) && hostname && !port) return { [setting]: throughSentinels(url, sentinels) };
    const received = url.includes('+cluster:')
      ? "a cluster's, which fails over by itself"
      : "a server's address";
    throw problemsIn([
      `${setting}: expected redis://user:password@NAME beside REDIS_SENTINELS, the primary's name at them, but received ${received}`,
    ]);
  };
  return { ...through('REDIS_URL'), ...through('REDIS_QUEUE_URL') };
}

/**
 * Reads the whole configuration once.
 *
 * @throws ConfigError with one line for each setting that is missing or wrong
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const settings = parse(everySetting, env);
  if ((settings.VISIT_LOGIN === undefined) !== (settings.VISIT_PASSWORD === undefined))
    throw problemsIn(['VISIT_LOGIN: expected together with VISIT_PASSWORD']);
  const publicUrl = publicUrlOf(settings);
  return {
    ...settings,
    ...redisUrls(settings),
    publicUrl,
    mediaUrl: withoutSlash(settings.MEDIA_URL ?? publicUrl),
  };
}

const storageSettings = everySetting.pick({
  DATABASE_URL: true,
  DATABASE_DIRECT_URL: true,
  STORAGE_DIR: true,
  SCRATCH_DIR: true,
  S3_BUCKET: true,
  S3_ENDPOINT: true,
  S3_PUBLIC_ENDPOINT: true,
  S3_REGION: true,
  S3_ACCESS_KEY_ID: true,
  S3_SECRET_ACCESS_KEY: true,
  S3_FORCE_PATH_STYLE: true,
  BACKUP_REPOSITORY: true,
  BACKUP_KEEP: true,
});

/** The settings of `npm run storage` and `backup`: the database, every store, and where backups go. */
export type StorageSettings = z.output<typeof storageSettings>;
export function readStorageSettings(env: NodeJS.ProcessEnv = process.env): StorageSettings {
  return parse(storageSettings, env);
}

/** The settings of the migrator: PostgreSQL as the owner of the tables reaches it, and as api and worker do. */
export function readDatabaseUrls(env: NodeJS.ProcessEnv = process.env): { direct: string; serving: string } {
  const { DATABASE_URL, DATABASE_DIRECT_URL } = parse(
    everySetting.pick({ DATABASE_URL: true, DATABASE_DIRECT_URL: true }),
    env,
  );
  return { direct: DATABASE_DIRECT_URL ?? DATABASE_URL, serving: DATABASE_URL };
}
export const readDirectUrl = (env?: NodeJS.ProcessEnv): string => readDatabaseUrls(env).direct;

/** The Redis of sessions, for a command that is not a process of the instance. */
export function readRedisUrl(env: NodeJS.ProcessEnv = process.env): string {
  const names = { REDIS_URL: true, REDIS_QUEUE_URL: true, REDIS_SENTINELS: true } as const;
  const settings = parse(everySetting.pick(names), env);
  return { ...settings, ...redisUrls(settings) }.REDIS_URL;
}

const linkSettings = everySetting.pick({
  PORT: true,
  PUBLIC_URL: true,
  TOKEN_KEYS: true,
  WORKER_METRICS_ADDR: true,
});

/** The settings for links to the operators' pages. */
export function readLinkSettings(
  env: NodeJS.ProcessEnv = process.env,
): Pick<Config, 'TOKEN_KEYS' | 'WORKER_METRICS_ADDR' | 'publicUrl'> {
  const { TOKEN_KEYS, WORKER_METRICS_ADDR, ...place } = parse(linkSettings, env);
  return { TOKEN_KEYS, WORKER_METRICS_ADDR, publicUrl: publicUrlOf(place) };
}

const edgeSettings = everySetting.pick({
  MEDIA_KEYS: true,
  STORAGE_DIR: true,
  S3_BUCKET: true,
  CORS_ORIGINS: true,
  RATE_LIMITS: true,
});

/** The settings that NGINX and HAProxy share with the applications behind them. */
export type EdgeSettings = z.output<typeof edgeSettings>;
export function readEdgeSettings(env: NodeJS.ProcessEnv = process.env): EdgeSettings {
  return parse(edgeSettings, env);
}

/** The environment with some settings changed, for another program of ours; an empty one is not set. */
export const environmentWith = (changed: object): NodeJS.ProcessEnv => ({ ...process.env, ...changed });

/** Like `readConfig`, for a program's start: prints the problems and exits with 78 (EX_CONFIG). */
export function readConfigOrExit(program: string): Config {
  try {
    return readConfig();
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    process.stderr.write(`${program}: ${error.message}\n`);
    process.exit(78);
  }
}

/** The settings that systemd passes to a service; null without systemd. `watchdog`: milliseconds between two signs of life. */
export function readServiceManager(env: NodeJS.ProcessEnv = process.env): { watchdog: number | null } | null {
  if (!env.NOTIFY_SOCKET) return null;
  const watchdog = Number(env.WATCHDOG_USEC ?? 0) / 1_000;
  return { watchdog: watchdog > 0 ? watchdog : null };
}
