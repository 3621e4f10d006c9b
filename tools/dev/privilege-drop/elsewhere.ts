import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { Refusal, say } from '../say.ts';
import { canUse, folderKey, dropToUser, type Folders, type PrivilegeDrop } from './privilege-drop.ts';
import type { ServiceUser } from './user.ts';

const systemData = '/var/lib/narwhal';

/**
 * For root in a container that cannot mount, in a folder that only root can enter: the server's data lies in the system's
 * usual place for such data, with a note in the original place. Unreachable programs are copied there too.
 */
export function dropElsewhere(folders: Folders, user: ServiceUser): PrivilegeDrop {
  const data = join(systemData, folderKey(folders.data));
  if (!wasPutElsewhere(folders.data)) beginElsewhere(folders.data, data);
  mkdirSync(systemData, { recursive: true, mode: 0o711 });
  mkdirSync(data, { recursive: true, mode: 0o700 });
  chownSync(data, user.uid, user.gid);

  const inPlace = dropToUser({ programs: folders.programs, data }, user);
  const programs = canUse(inPlace) ? folders.programs : copyPrograms(folders.programs);
  const leave = ({ discard }: { discard: boolean }) => {
    if (discard) rmSync(data, { recursive: true, force: true });
  };
  return { ...dropToUser({ programs, data }, user), leave };
}

/** Data that was moved stays there, even when the folder becomes reachable. */
export function wasPutElsewhere(wanted: string): boolean {
  return existsSync(`${wanted}.elsewhere`);
}

/** Where a server's data lies on the disk. */
export function placeOnDisk(wanted: string): string {
  return wasPutElsewhere(wanted)
    ? (readFileSync(`${wanted}.elsewhere`, 'utf8').split('\n')[0] ?? wanted)
    : wanted;
}

function beginElsewhere(wanted: string, data: string): void {
  if (readdirSync(wanted).length > 0) {
    // Data made while the folder was reachable must not be silently replaced by an empty start.
    throw new Refusal(
      `The user that runs Narwhal's servers cannot reach ${wanted},\nand mounting it elsewhere is not allowed here. ` +
        'Make the folders above it passable (chmod o+x), or run Narwhal as their owner.',
    );
  }
  const reason =
    'because the user that runs the server cannot enter this folder, and mounts are not allowed here';
  say(`Keeping data in ${data}, ${reason}.`);
  writeFileSync(`${wanted}.elsewhere`, `${data}\n\nThe data is there ${reason}.\n`);
}

/** One copy for each installed version, identified by its folder's creation time. */
function copyPrograms(programs: string): string {
  const copy = join(systemData, `programs-${folderKey(`${programs}:${statSync(programs).mtimeMs}`)}`);
  if (existsSync(copy)) return copy;
  const unfinished = `${copy}.${process.pid}`;
  cpSync(programs, unfinished, { recursive: true, verbatimSymlinks: true });
  try {
    renameSync(unfinished, copy);
  } catch {
    rmSync(unfinished, { recursive: true, force: true });
  }
  return copy;
}
