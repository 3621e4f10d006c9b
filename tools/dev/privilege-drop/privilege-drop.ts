import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import type { ServiceUser } from './user.ts';

/** The two folders that a server works with. */
export interface Folders {
  programs: string;
  data: string;
}

/** How a server is started without root's rights, and by which paths it sees its folders. */
export interface PrivilegeDrop extends Folders {
  /** The data folder as this process sees it. */
  onDisk: string;
  wrap(program: string, args: string[]): { command: string; args: string[] };
  /** The user who owns the data, when it differs from the user who started Narwhal. */
  user?: ServiceUser;
  /** Once the server has stopped: removes what the drop made outside the folders; removes data only when it is disposable. */
  leave(options: { discard: boolean }): void;
}

export function noPrivilegeDrop(folders: Folders): PrivilegeDrop {
  return {
    ...folders,
    onDisk: folders.data,
    wrap: (command, args) => ({ command, args }),
    leave: () => undefined,
  };
}

export function dropToUser(folders: Folders, user: ServiceUser): PrivilegeDrop {
  return {
    ...folders,
    onDisk: folders.data,
    user,
    wrap: (program, args) => ({ command: 'setpriv', args: [...privileges(user), program, ...args] }),
    leave: () => undefined,
  };
}

export function privileges({ uid, gid }: ServiceUser): string[] {
  return [`--reuid=${uid}`, `--regid=${gid}`, '--clear-groups', '--no-new-privs'];
}

/** Tried rather than computed: modes, access lists, mounts and containers all affect what a user can reach. */
export function canUse(drop: PrivilegeDrop): boolean {
  const { programs, data } = drop;
  const trial = 'test -r "$1" && test -x "$1" && test -w "$2" && test -x "$2"';
  const { command, args } = drop.wrap('sh', ['-c', trial, 'sh', programs, data]);
  return spawnSync(command, args, { stdio: 'ignore', cwd: '/' }).status === 0;
}

/** Short and stable, so that a data folder has the same name at every start. */
export function folderKey(folder: string): string {
  return createHash('sha256').update(folder).digest('hex').slice(0, 12);
}
