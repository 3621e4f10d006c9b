import { mkdirSync, rmdirSync } from 'node:fs';
import { join } from 'node:path';
import { folderKey, privileges, type Folders, type PrivilegeDrop } from './privilege-drop.ts';
import type { ServiceUser } from './user.ts';

/** Only root may write here, and it is emptied at boot. */
const mountPoints = '/run/narwhal';

/**
 * For a clone in a folder that only root can enter: the server gets its own mount namespace, in which its two folders are
 * also mounted where every user may go. No other process sees these mounts, and they vanish with the server.
 */
export function dropInNamespace(folders: Folders, user: ServiceUser): PrivilegeDrop {
  const mountPoint = join(mountPoints, folderKey(folders.data));
  const programs = join(mountPoint, 'programs');
  const data = join(mountPoint, 'data');
  for (const folder of [programs, data]) mkdirSync(folder, { recursive: true, mode: 0o711 });

  const mounts = 'mount --bind "$1" "$2" && mount --bind "$3" "$4" && shift 4 && exec "$@"';
  const unshare = ['--mount', '--propagation', 'private', 'sh', '-c', mounts, 'sh'];
  const bound = [folders.programs, programs, folders.data, data];
  return {
    programs,
    data,
    onDisk: folders.data,
    user,
    wrap: (program, args) => ({
      command: 'unshare',
      args: [...unshare, ...bound, 'setpriv', ...privileges(user), program, ...args],
    }),
    leave: () => [programs, data, mountPoint].forEach(removeEmptyFolder),
  };
}

/** Only removes empty folders: removing a mount's contents would remove the data. */
function removeEmptyFolder(folder: string): void {
  try {
    rmdirSync(folder);
  } catch {
    // Still in use, or gone already: the next boot removes it.
  }
}
