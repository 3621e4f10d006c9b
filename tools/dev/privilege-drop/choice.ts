import { chmodSync, chownSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import { isRoot } from '../env.ts';
import { dropElsewhere, wasPutElsewhere } from './elsewhere.ts';
import { canUse, dropToUser, noPrivilegeDrop, type Folders, type PrivilegeDrop } from './privilege-drop.ts';
import { dropInNamespace } from './namespace.ts';
import { ownerOf, serviceUser } from './user.ts';

/** PostgreSQL refuses to run as root, and Redis should not: root's servers run as a system user, others as the current user. */
export function privilegeDropFor(folders: Folders): PrivilegeDrop {
  makeFolders(folders.data);
  if (!isRoot) return noPrivilegeDrop(folders);
  const user = ownerOf(folders.data) ?? serviceUser();
  if (wasPutElsewhere(folders.data)) return dropElsewhere(folders, user);
  chownSync(folders.data, user.uid, user.gid);
  const asUser = dropToUser(folders, user);
  if (canUse(asUser)) return asUser;
  const inNamespace = dropInNamespace(folders, user);
  return canUse(inNamespace) ? inNamespace : dropElsewhere(folders, user);
}

/** A folder made around the data may be traversed, since the data may belong to another user; it cannot be listed. */
function makeFolders(data: string): void {
  const around = dirname(data);
  if (mkdirSync(around, { recursive: true })) chmodSync(around, 0o711);
  mkdirSync(data, { recursive: true, mode: 0o700 });
}
