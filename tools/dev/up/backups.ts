import { join } from 'node:path';
import { readSetting, type Environment } from '../env.ts';
import { placeOnDisk } from '../privilege-drop/elsewhere.ts';

/** Where PostgreSQL puts WAL beside its cluster; from there the service `backup` takes it to the repository. */
const spool = 'archive';

/** The launcher makes backups of the PostgreSQL that it starts itself; BACKUP_KEEP=0 turns them off. */
export const makesBackups = ({ isSet }: Environment): boolean =>
  !isSet('DATABASE_URL') && readSetting('BACKUP_KEEP') !== '0';

export const spoolFolder = ({ dataFolder }: Environment): string =>
  join(placeOnDisk(join(dataFolder, 'postgres')), spool);

/** Without a setting, backups lie beside the data; that disk's loss takes both, which docs/backups.md says first. */
export const ownRepository = ({ dataFolder }: Environment): string => `file:${join(dataFolder, 'backups')}`;

/**
 * Copies, forces to the disk, renames; a file that is there already is only accepted if it is the same. While two wait in the spool, which
 * PostgreSQL takes for archived, it keeps the others itself, and its statistics tell how many. With less than 64 MiB of room it gives WAL
 * up: PostgreSQL writes on in the files of it that it has, and would stop without one. The alert WalIsMissing tells, and a backup follows.
 */
const ARCHIVE_COMMAND = [
  `mkdir -p -m 700 ../${spool}`,
  `if test -e ../${spool}/%f; then exec cmp -s %p ../${spool}/%f; fi`,
  `if test $(df -Pk . | awk 'NR == 2 { print $4 }') -lt 65536; then exit 0; fi`,
  `test $(ls ../${spool} | wc -l) -lt 2`,
  `cp %p ../${spool}/%f.part`,
  `sync ../${spool}/%f.part`,
  `mv ../${spool}/%f.part ../${spool}/%f`,
  `sync ../${spool}`,
].join(' && ');

/** Segments are closed by the service `backup` (`keepClosing`), which looks whether the disk has room for the next. */
export const archiveSettings = { archive_mode: 'on', archive_command: ARCHIVE_COMMAND };
