import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { childEnvironment } from '../dev/env.ts';
import { root } from '../dev/install.mjs';
import { lastLines } from '../dev/logs.ts';
import { launch } from '../dev/processes.ts';
import { accessKeyId } from '../dev/radosgw.ts';
import { Refusal } from '../dev/say.ts';
import { newKeyring, keptSecret } from '../dev/secrets.ts';
import { servingSettings } from '../dev/up/settings.ts';
import { addressOf, type Place } from './plan.ts';
import { databaseUrl, servingDatabaseUrl, type DataContext } from './data-parts.ts';
import type { EdgeContext } from './edge-parts.ts';
import { databaseSettings } from './patroni-parts.ts';
import type { PartKind } from './part.ts';
import { answersOk, faultOf, untilServing } from '../dev/ready.ts';
import type { Release } from './release.ts';
import { redisSettings } from './sentinel-parts.ts';

/** The settings of every api and worker of the fleet (libs/platform/src/settings.ts), except its own addresses. */
export function applicationSettings(
  context: DataContext,
  store: Record<string, string>,
): Record<string, string> {
  const { plan, folder } = context;
  const [primary] = plan.pair('postgres');
  const [first] = plan.many('api');
  const database =
    plan.options.patroni && first
      ? databaseSettings(context, first)
      : {
          DATABASE_URL: servingDatabaseUrl(context, plan.pgbouncer),
          DATABASE_DIRECT_URL: databaseUrl(context, primary),
        };
  const secret = (name: string) => keptSecret(join(folder, 'secrets', name), newKeyring);
  return {
    PUBLIC_URL: plan.publicUrl,
    ...database,
    DATABASE_POOL: '10',
    ...redisSettings(context),
    SCRATCH_DIR: join(folder, 'scratch'),
    MAIL_DIR: join(folder, 'mail'),
    PAGES_DIR: join(folder, 'pages'),
    TOKEN_KEYS: secret('token-keys'),
    MEDIA_KEYS: secret('media-keys'),
    TRUSTED_PROXIES: plan.network,
    NODE_ENV: 'production',
    MALLOC_ARENA_MAX: '2',
    ...store,
  };
}

export const onDisk = (folder: string): Record<string, string> => ({
  STORAGE_DIR: join(folder, 'objects'),
  NGINX_SENDS_FILES: 'on',
  S3_BUCKET: '',
});

export const inS3 = ({ plan, folder }: DataContext): Record<string, string> => ({
  STORAGE_DIR: join(folder, 'objects'),
  S3_BUCKET: 'narwhal',
  S3_ENDPOINT: `http://${addressOf(plan.s3)}`,
  S3_ACCESS_KEY_ID: accessKeyId,
  S3_SECRET_ACCESS_KEY: keptSecret(join(folder, 'secrets', 's3')),
});

/** Longer than an api takes to drain. In milliseconds. */
const FINISHING = 40_000;
/** NGINX retries a failed api after this time (infra/nginx, `fail_timeout`). In milliseconds. */
export const NOTICED = 2_500;

export function applicationKind(context: EdgeContext, place: Place): PartKind {
  const kind = place.kind === 'api' ? 'api' : 'worker';
  const logFile = context.logFile(place.name);
  const own: Record<string, string> =
    kind === 'api'
      ? { HOST: place.host, PORT: String(place.port), METRICS_ADDR: `${place.host}:${place.operators}` }
      : { WORKER_METRICS_ADDR: addressOf(place) };
  if (context.plan.options.patroni) Object.assign(own, servingSettings(databaseSettings(context, place)));
  return {
    logFile,
    stop: [{ signal: 'SIGTERM', patience: FINISHING }],
    launch() {
      const program = context.release().path(`apps/${kind}/src/main.js`);
      const command = { command: process.execPath, args: ['--enable-source-maps', program] };
      const env = childEnvironment({ ...servingSettings(context.settings), ...own });
      return launch({ ...context.hosts.on(place, command), logFile, env, cwd: root });
    },
    ready: (launched) =>
      untilServing(
        launched,
        () => answersOk(`http://${addressOf(place)}/health/ready`),
        faultOf(place.name, logFile),
      ),
  };
}

/** Migrates the database to the schema of a version, past PgBouncer. @throws Refusal with the migrator's output */
export async function migrate(
  context: DataContext & { settings: Record<string, string> },
  release: Release,
): Promise<void> {
  const logFile = context.logFile('migrate');
  const args = [release.path('apps/cli/src/main.js'), 'migrate'];
  const env = childEnvironment(context.settings);
  const { ended } = await launch({ command: process.execPath, args, logFile, env, cwd: root });
  const reason = await ended;
  if (reason === 'exit code 0') return;
  throw new Refusal(
    `The migration to version ${release.version} failed (${reason}); the end of ${logFile}:\n${lastLines(logFile)}`,
  );
}

export const noticed = (): Promise<void> => sleep(NOTICED);
