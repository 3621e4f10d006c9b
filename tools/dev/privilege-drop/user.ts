import { spawnSync } from 'node:child_process';
import { statSync } from 'node:fs';
import { findProgram } from '../system-packages.ts';
import { Refusal, say } from '../say.ts';

export interface ServiceUser {
  uid: number;
  gid: number;
}

const userName = 'narwhal';

/**
 * The user that root starts servers as. Narwhal's own rather than an existing `postgres`: processes of one user can signal
 * each other and read each other's files, and a system's PostgreSQL holds other data.
 */
export function serviceUser(): ServiceUser {
  return lookUp() ?? create();
}

function lookUp(): ServiceUser | undefined {
  const [uid, gid] = ['-u', '-g'].map((flag) => spawnSync('id', [flag, userName], { encoding: 'utf8' }));
  if (uid?.status !== 0 || gid?.status !== 0) return undefined;
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

function create(): ServiceUser {
  const useradd = findProgram('useradd');
  const options = ['--system', '--user-group', '--no-create-home', '--home-dir', '/nonexistent'];
  if (useradd) {
    say(`PostgreSQL and Redis do not run as root: adding the system user "${userName}" for them ...`);
    spawnSync(useradd, [...options, '--shell', '/usr/sbin/nologin', userName], { stdio: 'inherit' });
  }
  // Looked up again in any case: another command may have added it at the same moment.
  const user = lookUp();
  if (user) return user;
  throw new Refusal(
    `Narwhal is started by root and needs a user for its servers; please add one named "${userName}".`,
  );
}

/** The owner of a folder that a user made: the user who first started Narwhal keeps access. */
export function ownerOf(folder: string): ServiceUser | undefined {
  const { uid, gid } = statSync(folder);
  return uid === 0 ? undefined : { uid, gid };
}
