import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { limits } from './limits.js';

/** A keyring as configured: `id:hex,id:hex`. The first key signs, all of them verify, so keys rotate without interruption. */
const keyring = z
  .string()
  .transform((text) =>
    text.split(',').map((entry) => {
      const [id = '', secret = ''] = entry.trim().split(':');
      return { id, secret };
    }),
  )
  .refine(
    (keys) => keys.every(({ id, secret }) => /^[a-z0-9]{1,8}$/.test(id) && /^[0-9a-f]{64}$/.test(secret)),
    'expected id:secret[,id:secret], an id of 1-8 of [a-z0-9] and a secret of 64 hex digits (openssl rand -hex 32)',
  );

/** Without `https://` a host and its port also parse as a URL, with the scheme `localhost:`. */
const httpUrl = z.url({ protocol: /^https?$/ });

const flag = z.enum(['on', 'off']).transform((value) => value === 'on');
const list = z.string().transform((text) =>
  text
    .split(',')
    .map((entry) => entry.trim())
    .filter(Boolean),
);
/** In the format of OpenTelemetry's specification: `name=value,name=value`, values percent-encoded. */
const headers = z
  .string()
  .regex(/^[\w.-]+=[^,=]*(,[\w.-]+=[^,=]*)*$/, 'expected name=value[,name=value]')
  .transform((text) =>
    Object.fromEntries(
      text.split(',').map((entry) => {
        const [name = '', value = ''] = entry.split('=');
        return [name, decodeURIComponent(value)] as const;
      }),
    ),
  );
const address = z
  .string()
  .regex(/^[^:]+:\d{1,5}$/, 'expected host:port')
  .transform((text) => {
    const [host = '', port = ''] = text.split(':');
    return { host, port: Number(port) };
  })
  .refine(({ port }) => port < 65_536, 'expected host:port, and a port of at most 65535');

/** Every setting that any process reads: its name in the environment, its shape, its default. */
const schema = z.object({
  PORT: z.coerce.number().int().min(0).max(65535).default(3000),
  HOST: z.string().default('127.0.0.1'),
  PUBLIC_URL: httpUrl.optional(),
  /** Prefix of media URLs when something else serves them, such as a CDN; PUBLIC_URL otherwise. */
  MEDIA_URL: httpUrl.optional(),
  INSTANCE_NAME: z.string().max(60).default('Narwhal'),
  REGISTRATIONS: z.enum(['open', 'closed']).default('open'),

  /** As api and worker connect: through PgBouncer, if there is one, as a role that may alter no table. */
  DATABASE_URL: z.string().startsWith('postgres', 'expected postgres://user:password@host/database'),
  /** As migrations and operators' programs connect: past PgBouncer, as the owner of the tables. DATABASE_URL unless set. */
  DATABASE_DIRECT_URL: z
    .string()
    .startsWith('postgres', 'expected postgres://user:password@host/database')
    .optional(),
  DATABASE_POOL: z.coerce.number().int().min(2).max(200).default(12),
  REDIS_URL: z.string().startsWith('redis', 'expected redis://host:port'),
  REDIS_QUEUE_URL: z.string().startsWith('redis', 'expected redis://host:port').optional(),

  STORAGE_DIR: z.string().default('.narwhal/objects'),
  /** The folder of workers for a photo's intermediate files; never shared between machines. */
  SCRATCH_DIR: z.string().optional(),
  S3_BUCKET: z.string().optional(),
  S3_ENDPOINT: httpUrl.optional(),
  /** The clients' address of the same S3, for presigned uploads; S3_ENDPOINT unless set. */
  S3_PUBLIC_ENDPOINT: httpUrl.optional(),
  S3_REGION: z.string().default('us-east-1'),
  S3_ACCESS_KEY_ID: z.string().optional(),
  S3_SECRET_ACCESS_KEY: z.string().optional(),
  S3_FORCE_PATH_STYLE: flag.default(true),

  TOKEN_KEYS: keyring,
  MEDIA_KEYS: keyring,

  /** Where backups of PostgreSQL go: `file:FOLDER`, `s3://BUCKET/PREFIX` (by S3_ENDPOINT and its keys), `pgbackrest:STANZA`. */
  BACKUP_REPOSITORY: z
    .string()
    .regex(
      /^(file:\/.+|s3:\/\/[a-z0-9][a-z0-9.-]+(\/[\w.-]+)*|pgbackrest:[\w-]+)$/,
      'expected file:/FOLDER, s3://BUCKET/PREFIX or pgbackrest:STANZA',
    )
    .optional(),
  /** Daily backups that are kept; 0 makes none. The trash keeps deleted photos for longer, so that each finds its photos. */
  BACKUP_KEEP: z.coerce
    .number()
    .int()
    .min(0)
    .max(limits.trash.keptFor / 86_400 - 2)
    .default(7),

  CORS_ORIGINS: list.default([]),
  /** Addresses or networks (CIDR) whose Forwarded headers are trusted. */
  TRUSTED_PROXIES: list.default([]),
  /** Whether NGINX with infra/nginx's configuration is in front, and sends owners their originals from the disk store itself. */
  NGINX_SENDS_FILES: flag.default(false),
  METRICS_ADDR: address.default({ host: '127.0.0.1', port: 9464 }),
  WORKER_METRICS_ADDR: address.default({ host: '127.0.0.1', port: 9465 }),
  RATE_LIMITS: flag.default(true),
  /** The integration key of PagerDuty's Events API v2, for incidents that a process reports itself. */
  PAGERDUTY_ROUTING_KEY: z
    .string()
    .regex(/^[A-Za-z0-9]{32}$/, 'expected the 32 characters of an Events API v2 integration key')
    .optional(),
  PAGERDUTY_URL: httpUrl.default('https://events.pagerduty.com/v2/enqueue'),
  /** Prefix of the addresses of docs/runbooks, for the links of incidents. */
  RUNBOOKS_URL: httpUrl.optional(),
  /** Health addresses of our monitoring: http://127.0.0.1:9090/-/healthy,http://127.0.0.1:9093/-/healthy. */
  WATCHED_BY: list.default([]),
  /** How often they are checked, in milliseconds; three failures in a row make an incident. */
  WATCHED_EVERY: z.coerce.number().int().min(100).default(15_000),
  /** The DSN for unexpected errors: `https://<key>@<host>/<project>`; without it, none are reported. */
  SENTRY_DSN: z
    .string()
    .regex(/^https?:\/\/\w+(:\w+)?@[^/@]+(\/.*)?\/\d+$/, 'expected https://<key>@<host>/<project number>')
    .optional(),
  SENTRY_ENVIRONMENT: z.string().max(64).default('production'),
  /** The share of errors that is reported, 0 to 1. */
  SENTRY_SAMPLE_RATE: z.coerce.number().min(0).max(1).default(1),
  /** The receiver of traces, by OTLP over HTTP: `http://collector:4318`; without it, none are sent. */
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl.optional(),
  /** Its credentials: `authorization=Bearer%20...`. */
  OTEL_EXPORTER_OTLP_HEADERS: headers.default({}),
  /** The share of requests that is traced, 0 to 1. */
  OTEL_TRACES_SAMPLER_ARG: z.coerce.number().min(0).max(1).default(0.01),
  /** Username of the synthetic check that the worker runs against PUBLIC_URL; without it, none runs. */
  VISIT_LOGIN: z.string().optional(),
  VISIT_PASSWORD: z.string().optional(),
  /** Seconds between two synthetic checks. */
  VISIT_EVERY: z.coerce.number().min(1).max(86_400).default(60),
  LOG_LEVEL: z.enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent']).default('info'),

  /** Followers above which an author's posts are merged on read instead of fanned out (hysteresis: 80 %). */
  LARGE_AUTHOR_FOLLOWERS: z.coerce.number().int().min(2).default(10_000),
  /** Photos that one worker develops at once; each has its own child process. */
  DEVELOP_CONCURRENCY: z.coerce.number().int().min(1).max(64).default(2),
  /** Whether the machine's own `heif-dec`, if it has one, decodes plain HEICs in half the time; WebAssembly otherwise. */
  SYSTEM_HEIF: flag.default(true),
  /** Quotas of each person: see `limits.quota`. */
  QUOTA_BYTES: z.coerce.number().int().min(1).default(limits.quota.bytes),
  QUOTA_PHOTOS_PER_DAY: z.coerce.number().int().min(1).default(limits.quota.photosPerDay),
  /** How often the sweeper looks for overdue rows, and the age at which a row is overdue; in milliseconds. */
  SWEEP_INTERVAL: z.coerce.number().int().min(100).default(5_000),
  SWEEP_OVERDUE: z.coerce.number().int().min(100).default(10_000),
});

/** The name of every setting; `NAME_FILE` names a file that holds the value of each. */
export const settingNames: ReadonlySet<string> = new Set(Object.keys(schema.shape));

export type Config = z.output<typeof schema> & { publicUrl: string; mediaUrl: string };

/** Thrown when the environment is incomplete or wrong; `message` names every problem at once. */
export class ConfigError extends Error {
  override name = 'ConfigError';
}

/** `NAME_FILE` names a file that holds the value of `NAME`, for every setting: how secrets reach containers and units. */
function withFiles(env: NodeJS.ProcessEnv): Record<string, string> {
  const values: Record<string, string> = {};
  for (const name of Object.keys(schema.shape)) {
    const file = env[`${name}_FILE`];
    const value = file ? readFileSync(file, 'utf8').trim() : env[name];
    if (value !== undefined && value !== '') values[name] = value;
  }
  return values;
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
  const values = withFiles(env);
  const result = shape.safeParse(values);
  if (result.success) return result.data;
  const lines = result.error.issues.map((issue) => {
    const name = issue.path.join('.');
    return `  ${name}: ${wordsOf(issue, name, values[name])}`;
  });
  throw new ConfigError(`the configuration has ${lines.length} problem(s):\n${lines.join('\n')}`);
}

const withoutSlash = (url: string): string => url.replace(/\/+$/, '');

const publicUrlOf = ({ PUBLIC_URL, PORT }: { PUBLIC_URL?: string | undefined; PORT: number }): string =>
  withoutSlash(PUBLIC_URL ?? `http://localhost:${PORT}`);

/**
 * Reads the whole configuration once.
 *
 * @throws ConfigError with one line for each setting that is missing or wrong
 */
export function readConfig(env: NodeJS.ProcessEnv = process.env): Config {
  const settings = parse(schema, env);
  if ((settings.VISIT_LOGIN === undefined) !== (settings.VISIT_PASSWORD === undefined))
    throw new ConfigError(
      'the configuration has 1 problem(s):\n  VISIT_LOGIN: expected together with VISIT_PASSWORD',
    );
  const publicUrl = publicUrlOf(settings);
  return { ...settings, publicUrl, mediaUrl: withoutSlash(settings.MEDIA_URL ?? publicUrl) };
}

const storageSettings = schema.pick({
  DATABASE_URL: true,
  DATABASE_DIRECT_URL: true,
  STORAGE_DIR: true,
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
    schema.pick({ DATABASE_URL: true, DATABASE_DIRECT_URL: true }),
    env,
  );
  return { direct: DATABASE_DIRECT_URL ?? DATABASE_URL, serving: DATABASE_URL };
}

/** The only setting of the command line. */
export const readDirectUrl = (env?: NodeJS.ProcessEnv): string => readDatabaseUrls(env).direct;

const linkSettings = schema.pick({ PORT: true, PUBLIC_URL: true, TOKEN_KEYS: true });

/** The settings for links to the operators' pages. */
export function readLinkSettings(
  env: NodeJS.ProcessEnv = process.env,
): Pick<Config, 'TOKEN_KEYS' | 'publicUrl'> {
  const { TOKEN_KEYS, ...place } = parse(linkSettings, env);
  return { TOKEN_KEYS, publicUrl: publicUrlOf(place) };
}

const edgeSettings = schema.pick({
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
