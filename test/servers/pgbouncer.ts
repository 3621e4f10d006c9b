import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import { pgbouncerUsers } from '../../tools/fleet/data-parts.ts';
import { Service } from '../../tools/fleet/service.ts';
import { freePort } from '../../tools/dev/ports.ts';
import { query } from '../../tools/dev/postgres.ts';
import { root } from '../../tools/dev/install.mjs';
import { endProcess, launch } from '../../tools/dev/processes.ts';
import { faultOf, untilServing } from '../../tools/dev/ready.ts';
import { findProgram } from '../../tools/dev/system-packages.ts';
import { servers } from '../harness/servers.js';
import { MortalServer } from './mortal-servers.js';

export const bouncerInstalled = findProgram('pgbouncer') !== undefined;

/** PgBouncer as the fleet runs it, in front of one PostgreSQL; its database `pgbouncer` is its console. */
export async function mortalPgbouncer(name: string, postgres: MortalServer): Promise<MortalServer> {
  const { hostname, port: itsPort } = new URL(postgres.url);
  const [url, operatorUrl] = [new URL(postgres.url), new URL(postgres.operatorUrl)];
  const port = await freePort();
  url.port = operatorUrl.port = String(port);
  const service = new Service('pgbouncer', 'pgbouncer', join(servers().folder, `${name}-pgbouncer`));
  const logFile = join(servers().folder, `${name}-pgbouncer.log`);
  service.write('users', pgbouncerUsers(url.href, operatorUrl.href));
  const program = join(root, 'dist/infra/patroni/main.js');
  const own = ['--listen', `${hostname}:${port}`, '--users', join(service.folder, 'users')];
  const args = [program, 'pgbouncer.ini', ...own, '--primary', `${hostname}:${itsPort}`];
  service.write('pgbouncer.ini', execFileSync(process.execPath, args, { encoding: 'utf8' }));
  return MortalServer.start(async () => {
    const process = await launch({
      ...service.command(join(service.folder, 'pgbouncer.ini')),
      logFile,
      cwd: '/',
    });
    await untilServing(
      process,
      async () => (await query(url.href, 'SELECT 1', 1_000)) === undefined,
      faultOf('pgbouncer', logFile),
    );
    return {
      ...process,
      url: url.href,
      operatorUrl: operatorUrl.href,
      port,
      stop: () => endProcess(process, [{ signal: 'SIGINT', patience: 10_000 }]),
      kill: () => endProcess(process, []),
    };
  });
}
