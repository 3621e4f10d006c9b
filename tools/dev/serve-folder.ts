import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { privilegeDropFor } from './privilege-drop/choice.ts';
import { postgresPrograms } from './postgres-cluster.ts';
import { startPostgres } from './postgres.ts';
import { describe, say, warn } from './say.ts';

/**
 * PostgreSQL on a folder that `narwhal restore` or a drill has filled, until standard input ends; prints its address. It is a program of
 * its own, because only the launcher knows how to run PostgreSQL for this user.
 */
const [folder = '', settings = '{}'] = process.argv.slice(2);
const given = JSON.parse(settings) as Record<string, string>;

try {
  const { user, data, onDisk } = privilegeDropFor({ programs: postgresPrograms(), data: folder });
  if (user) spawnSync('chown', ['-R', `${user.uid}:${user.gid}`, onDisk ?? data]);
  const server = await startPostgres({
    dir: folder,
    logFile: join(folder, 'postgres.log'),
    settings: given,
    patience: 3_600_000,
  });
  void server.ended.then(() => process.exit(1));
  say(server.operatorUrl);
  process.stdin.resume();
  await new Promise((settle) => process.stdin.once('end', settle));
  await server.stop();
} catch (error) {
  warn(describe(error));
  process.exitCode = 1;
}
