import { dirname, join } from 'node:path';
import { Redis } from 'ioredis';
import { launch } from '../dev/processes.ts';
import { faultOf, untilServing } from '../dev/ready.ts';
import { applicationUrl, startRedis, stopRedis } from '../dev/redis.ts';
import { applicationPassword } from '../dev/secrets.ts';
import { findProgram } from '../dev/system-packages.ts';
import { givePassword, passwordOf, type DataContext } from './data-parts.ts';
import type { EdgeContext } from './edge-parts.ts';
import type { PartKind } from './part.ts';
import { addressOf, type Place } from './plan.ts';
import { Service } from './service.ts';

/** The primary's name at the sentinels. */
const primaryName = 'narwhal';

const printer = 'infra/redis/main.js';

/** Where api and worker find Redis: at one address, or where the sentinels say. */
export function redisSettings({ plan, folder }: DataContext): Record<string, string> {
  const password = passwordOf(folder, 'redis');
  const [first] = plan.redises;
  if (!plan.options.sentinels) return { REDIS_URL: applicationUrl(first ? addressOf(first) : '', password) };
  return {
    REDIS_URL: applicationUrl(primaryName, password),
    REDIS_SENTINELS: `narwhal:${applicationPassword(password)}@${plan.sentinels.map(addressOf).join(',')}`,
  };
}

const secretOf = ({ folder }: DataContext): string => join(folder, 'secrets', 'redis');

async function asked<Answer>(
  { folder }: DataContext,
  { host, port }: Place,
  command: string[],
): Promise<Answer | undefined> {
  const client = new Redis({
    host,
    port,
    password: passwordOf(folder, 'redis'),
    lazyConnect: true,
    connectTimeout: 500,
    commandTimeout: 500,
    retryStrategy: () => null,
  });
  client.on('error', () => undefined);
  try {
    await client.connect();
    const [name = '', ...more] = command;
    return (await client.call(name, ...more)) as Answer;
  } catch {
    return undefined;
  } finally {
    client.disconnect();
  }
}

/** As the first sentinel that answers knows it; undefined while none does. */
export async function primaryOf(context: DataContext): Promise<Place | undefined> {
  for (const sentinel of context.plan.sentinels) {
    const command = ['SENTINEL', 'GET-MASTER-ADDR-BY-NAME', primaryName];
    const answer = await asked<[string, string]>(context, sentinel, command);
    if (answer) return context.plan.redises.find(({ host }) => host === answer[0]);
  }
  return undefined;
}

/** One of three servers; it follows whichever is the primary when it starts. */
function memberKind(context: EdgeContext, place: Place): PartKind {
  const dir = join(context.folder, place.name);
  const logFile = context.logFile(place.name);
  return {
    logFile,
    stop: stopRedis,
    async launch() {
      const programs = dirname(findProgram('redis-server') ?? '/usr/bin/redis-server');
      givePassword(dir, programs, passwordOf(context.folder, 'redis'));
      const printed = context
        .release()
        .print(printer, ['server', '--password', secretOf(context), '--at', addressOf(place)], {});
      const primary = (await primaryOf(context)) ?? context.plan.redises[0];
      const follow = primary && primary.name !== place.name ? { replicaOf: primary } : {};
      return startRedis({
        dir,
        host: place.host,
        port: place.port,
        logFile,
        more: printed.trim().split('\n'),
        on: (command) => context.hosts.on(place, command),
        ...follow,
      });
    },
  };
}

/** Sentinels keep in their configuration what they have agreed on, so that it is written once a run. */
function sentinelKind(context: EdgeContext, place: Place): PartKind {
  const logFile = context.logFile(place.name);
  let isWritten = false;
  const write = (service: Service) => {
    const [first] = context.plan.redises;
    service.write('user-password', applicationPassword(passwordOf(context.folder, 'redis')));
    const passwords = [
      '--password',
      secretOf(context),
      '--user-password',
      join(service.onDisk, 'user-password'),
    ];
    const at = [
      '--at',
      addressOf(place),
      '--primary',
      first ? addressOf(first) : '',
      '--dir',
      service.folder,
    ];
    const args = ['sentinel', ...passwords, '--name', primaryName, ...at];
    service.write('sentinel.conf', context.release().print(printer, args, {}));
  };
  return {
    logFile,
    stop: stopRedis,
    launch() {
      const service = new Service('redis-server', 'redis-server', join(context.folder, place.name));
      if (!isWritten) write(service);
      isWritten = true;
      const command = service.command(join(service.folder, 'sentinel.conf'), '--sentinel');
      return launch({ ...context.hosts.on(place, command), logFile, cwd: '/' });
    },
    ready: (process) =>
      untilServing(
        process,
        async () => (await asked(context, place, ['PING'])) === 'PONG',
        faultOf(place.name, logFile),
      ),
  };
}

/** The kinds of `--sentinels`; undefined for all others. */
export function redisByItself(context: EdgeContext, place: Place): PartKind | undefined {
  if (place.kind === 'sentinel') return sentinelKind(context, place);
  return place.kind === 'redis' && context.plan.options.sentinels ? memberKind(context, place) : undefined;
}
