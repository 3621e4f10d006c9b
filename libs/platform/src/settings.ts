import { z } from 'zod';
import { instanceSettings } from './instance-settings.js';
import { identityProviders } from './identity-settings.js';
import { limits } from './limits.js';
import { address, appOrigins, flag, headers, httpUrl } from './setting-shapes.js';
import { isMailServer, keyring, list, postgresUrl } from './setting-shapes.js';

/** Every setting that any process reads: its name in the environment, its shape, its default, and what docs/settings.md says of it. */
export const everySetting = z.object({
  PORT: z.coerce
    .number()
    .int()
    .min(0)
    .max(65535)
    .default(3000)
    .describe('The port on which the api serves clients; 0 takes any that is free.'),
  HOST: z.string().default('127.0.0.1').describe('The address on which it listens.'),
  PUBLIC_URL: httpUrl
    .optional()
    .describe(
      'The address of this instance as clients know it: `https://photos.example.org`. `http://localhost:PORT` unless set.',
    ),
  MEDIA_URL: httpUrl
    .optional()
    .describe(
      'The prefix of media URLs where something else serves them, such as a CDN. `PUBLIC_URL` unless set.',
    ),
  ...instanceSettings,
  REQUIRE_VERIFIED_EMAIL: flag
    .default(false)
    .describe('Whether people may post only once their address is verified: `on` or `off`.'),

  ACCOUNT_DELETION_DAYS: z.coerce
    .number()
    .min(0)
    .max(365)
    .default(14)
    .describe('Days from the closing of an account to its erasure; signing in before then opens it again.'),

  DATABASE_URL: postgresUrl.describe(
    'PostgreSQL as api and worker connect: through PgBouncer, if there is one, as a role that may alter no table.',
  ),
  DATABASE_DIRECT_URL: postgresUrl
    .optional()
    .describe(
      'PostgreSQL as migrations and operators’ programs connect: past PgBouncer, as the owner of the tables. `DATABASE_URL` unless set.',
    ),
  DATABASE_REPLICA_URL: postgresUrl
    .optional()
    .describe(
      'A synchronous replica, which answers what people read while the primary is away (PgBouncer’s `narwhal_replica`). Without it such reads are refused.',
    ),
  DATABASE_POOL: z.coerce
    .number()
    .int()
    .min(2)
    .max(200)
    .default(12)
    .describe('How many connections to PostgreSQL a process may hold.'),
  REDIS_URL: z
    .string()
    .startsWith('redis', 'expected redis://host:port')
    .describe('The Redis of feeds, counts and sessions.'),
  REDIS_QUEUE_URL: z
    .string()
    .startsWith('redis', 'expected redis://host:port')
    .optional()
    .describe('The Redis of queues. `REDIS_URL` unless set.'),
  REDIS_SENTINELS: z
    .string()
    .regex(
      /^([^\s:@]*:[^\s:@]+@)?[^\s:@,/]+:\d{1,5}(,[^\s:@,/]+:\d{1,5})*$/,
      'expected [user:password@]host:port,host:port,host:port',
    )
    .optional()
    .describe(
      'The sentinels that know which Redis is the primary: `[user:password@]host:port,host:port,host:port`. Then the host in `REDIS_URL`, and in `REDIS_QUEUE_URL`, is the primary’s name at them: `redis://narwhal:PASSWORD@narwhal`.',
    ),

  STORAGE_DIR: z
    .string()
    .default('.narwhal/objects')
    .describe('The folder of originals and renditions, where no S3 is set.'),
  SCRATCH_DIR: z
    .string()
    .optional()
    .describe('The folder of workers for a photo’s intermediate files; never shared between machines.'),
  S3_BUCKET: z
    .string()
    .optional()
    .describe('The bucket of originals and renditions; without it, they are in `STORAGE_DIR`.'),
  S3_ENDPOINT: httpUrl.optional().describe('The address of an S3 that is not Amazon’s.'),
  S3_PUBLIC_ENDPOINT: httpUrl
    .optional()
    .describe('The clients’ address of the same S3, for presigned uploads. `S3_ENDPOINT` unless set.'),
  S3_REGION: z.string().default('us-east-1').describe('The region of the bucket.'),
  S3_ACCESS_KEY_ID: z.string().optional().describe('The key to the bucket.'),
  S3_SECRET_ACCESS_KEY: z.string().optional().describe('The secret of that key.'),
  S3_FORCE_PATH_STYLE: flag
    .default(true)
    .describe('Whether the bucket is part of the path (`on`) or of the host’s name (`off`).'),

  TOKEN_KEYS: keyring.describe(
    'The keys of access tokens, cursors and operators’ links: `id:secret[,id:secret]`, a secret of 64 hex digits (`openssl rand -hex 32`). The first signs, all verify.',
  ),
  MEDIA_KEYS: keyring.describe('The keys of media URLs, in the same form.'),

  BACKUP_REPOSITORY: z
    .string()
    .regex(
      /^(file:\/.+|s3:\/\/[a-z0-9][a-z0-9.-]+(\/[\w.-]+)*|pgbackrest:[\w-]+)$/,
      'expected file:/FOLDER, s3://BUCKET/PREFIX or pgbackrest:STANZA',
    )
    .optional()
    .describe(
      'Where backups of PostgreSQL go: `file:FOLDER`, `s3://BUCKET/PREFIX` (by `S3_ENDPOINT` and its keys), `pgbackrest:STANZA`.',
    ),
  BACKUP_KEEP: z.coerce
    .number()
    .int()
    .min(0)
    .max(limits.trash.keptFor / 86_400 - 2)
    .default(7)
    .describe(
      'How many daily backups are kept; 0 makes none. The trash keeps deleted photos for longer, so that each finds its photos.',
    ),

  SMTP_URL: z
    .string()
    .refine(
      isMailServer,
      'expected smtp://user:password@host:port or smtps://..., percent-encoded, nothing after it',
    )
    .optional()
    .describe(
      'The server that takes mails: `smtps://user:password@host`, `smtp://host:587`. Files in `MAIL_DIR` unless set.',
    ),
  MAIL_DIR: z
    .string()
    .default('.narwhal/mail')
    .describe(
      'The folder of mails that no server takes: each is a file that `/mail` of a worker’s listener shows.',
    ),
  MAIL_FROM: z
    .string()
    .regex(/^([^<>"\r\n@]*<)?[^\s<>@]+@[^\s<>@]+>?$/, 'expected an address, or Name <address>')
    .optional()
    .describe(
      'The sender of mails: `Photos <photos@example.org>`. `INSTANCE_NAME` and `narwhal@` the host of `PUBLIC_URL` unless set.',
    ),

  CORS_ORIGINS: list
    .default([])
    .describe('The origins of web pages that may call the api, with commas between.'),
  APP_ORIGINS: appOrigins.describe(
    'The origins of apps that use passkeys, beside `PUBLIC_URL`, with commas between: `https://photos.example.org`, `android:apk-key-hash:HASH`. Passkeys belong to the host of `PUBLIC_URL`.',
  ),
  IDENTITY_PROVIDERS: identityProviders
    .default([])
    .describe(
      'Providers by which people sign in, as JSON: a list of `{"id", "name", "issuer", "clientId", "clientSecret"}`; see [accounts](accounts.md#signing-in-by-a-provider).',
    ),
  TRUSTED_PROXIES: list
    .default([])
    .describe('Addresses or networks (CIDR) whose Forwarded headers are trusted, with commas between.'),
  NGINX_SENDS_FILES: flag
    .default(false)
    .describe(
      'Whether NGINX with the configuration of `infra/nginx` is in front, and sends owners their originals from the folder itself.',
    ),
  METRICS_ADDR: address
    .default({ host: '127.0.0.1', port: 9464 })
    .describe('Where an api has its metrics and operators’ pages.'),
  WORKER_METRICS_ADDR: address
    .default({ host: '127.0.0.1', port: 9465 })
    .describe('Where a worker has them.'),
  RATE_LIMITS: flag.default(true).describe('Whether requests are limited by network, account and session.'),
  PAGERDUTY_ROUTING_KEY: z
    .string()
    .regex(/^[A-Za-z0-9]{32}$/, 'expected the 32 characters of an Events API v2 integration key')
    .optional()
    .describe(
      'The integration key of PagerDuty’s Events API v2, for incidents that a process reports itself.',
    ),
  PAGERDUTY_URL: httpUrl
    .default('https://events.pagerduty.com/v2/enqueue')
    .describe('Where those events go.'),
  RUNBOOKS_URL: httpUrl
    .optional()
    .describe('The prefix of the addresses of `docs/runbooks`, for the links of incidents.'),
  WATCHED_BY: list
    .default([])
    .describe(
      'Health addresses of your monitoring, which Narwhal watches in turn: `http://127.0.0.1:9090/-/healthy,http://127.0.0.1:9093/-/healthy`.',
    ),
  WATCHED_EVERY: z.coerce
    .number()
    .int()
    .min(100)
    .default(15_000)
    .describe('How often they are checked, in milliseconds; three failures in a row make an incident.'),
  SENTRY_DSN: z
    .string()
    .regex(/^https?:\/\/\w+(:\w+)?@[^/@]+(\/.*)?\/\d+$/, 'expected https://<key>@<host>/<project number>')
    .optional()
    .describe(
      'The DSN for unexpected errors: `https://<key>@<host>/<project>`; without it, none are reported.',
    ),
  SENTRY_ENVIRONMENT: z
    .string()
    .max(64)
    .default('production')
    .describe('The environment under which errors are reported.'),
  SENTRY_SAMPLE_RATE: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(1)
    .describe('The share of errors that is reported, 0 to 1.'),
  OTEL_EXPORTER_OTLP_ENDPOINT: httpUrl
    .optional()
    .describe(
      'The receiver of traces, by OTLP over HTTP: `http://collector:4318`; without it, none are sent.',
    ),
  OTEL_EXPORTER_OTLP_HEADERS: headers.default({}).describe('Its credentials: `authorization=Bearer%20...`.'),
  OTEL_TRACES_SAMPLER_ARG: z.coerce
    .number()
    .min(0)
    .max(1)
    .default(0.01)
    .describe('The share of requests that is traced, 0 to 1.'),
  VISIT_LOGIN: z
    .string()
    .optional()
    .describe(
      'The username of the synthetic check that the worker runs against `PUBLIC_URL`; without it, none runs.',
    ),
  VISIT_PASSWORD: z.string().optional().describe('Its password.'),
  VISIT_EVERY: z.coerce
    .number()
    .min(1)
    .max(86_400)
    .default(60)
    .describe('Seconds between two synthetic checks.'),
  LOG_LEVEL: z
    .enum(['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'])
    .default('info')
    .describe('`fatal`, `error`, `warn`, `info`, `debug`, `trace` or `silent`.'),

  LARGE_AUTHOR_FOLLOWERS: z.coerce
    .number()
    .int()
    .min(2)
    .default(10_000)
    .describe(
      'Followers above which an author’s posts are merged on read instead of fanned out (hysteresis: 80 %).',
    ),
  DEVELOP_CONCURRENCY: z.coerce
    .number()
    .int()
    .min(1)
    .max(64)
    .default(2)
    .describe('How many photos one worker develops at once; each has its own child process.'),
  SYSTEM_HEIF: flag
    .default(true)
    .describe(
      'Whether the machine’s own `heif-dec`, if it has one, decodes plain HEICs in half the time; WebAssembly otherwise.',
    ),
  QUOTA_BYTES: z.coerce
    .number()
    .int()
    .min(1)
    .default(limits.quota.bytes)
    .describe('How many bytes of photos each person may store.'),
  QUOTA_PHOTOS_PER_DAY: z.coerce
    .number()
    .int()
    .min(1)
    .default(limits.quota.photosPerDay)
    .describe('How many photos each person may upload in a day.'),
  SWEEP_INTERVAL: z.coerce
    .number()
    .int()
    .min(100)
    .default(5_000)
    .describe('How often the worker looks for overdue work, in milliseconds.'),
  SWEEP_OVERDUE: z.coerce
    .number()
    .int()
    .min(100)
    .default(10_000)
    .describe('The age at which work is overdue, in milliseconds.'),
});
