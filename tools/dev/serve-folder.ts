import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { readEnvironment } from './env.ts';
import { privilegeDropFor } from './privilege-drop/choice.ts';
import { placeOnDisk } from './privilege-drop/elsewhere.ts';
import { postgresPrograms } from './postgres-cluster.ts';
import { startPostgres, stopPostgres } from './postgres.ts';
import { endProcess, type Launched } from './processes.ts';
import { describe, say, warn } from './say.ts';

/**
 * PostgreSQL on a folder that `narwhal restore` or a drill has filled, until standard input ends, also by the death of whoever started this,
 * or a signal. Prints its address, and where the running Narwhal has its own. It is a program of its own, because only the launcher knows how
 * to run PostgreSQL for this user.
 */
const [folder = '', settings = '{}'] = process.argv.slice(2);
const given = JSON.parse(settings) as Record<string, string>;

let postgres: Launched | undefined;
let isOver = false;
async function end(): Promise<void> {
  if (isOver) return;
  isOver = true;
  if (postgres) await endProcess(postgres, stopPostgres);
  process.exit();
}
process.stdin.once('end', () => void end()).resume();
for (const name of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) process.on(name, () => void end());

try {
  const { user, data, onDisk } = privilegeDropFor({ programs: postgresPrograms(), data: folder });
  if (user) spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, onDisk ?? data]);
  const server = await startPostgres({
    dir: folder,
    logFile: join(folder, 'postgres.log'),
    settings: given,
    patience: 3_600_000,
    launched: (launched) => (postgres = launched),
  });
  void server.ended.then(() => isOver || process.exit(1));
  const place = placeOnDisk(join(readEnvironment().dataFolder, 'postgres'));
  say(JSON.stringify({ url: server.operatorUrl, place }));
} catch (error) {
  warn(describe(error));
  process.exitCode = 1;
  process.stdin.destroy();
}
