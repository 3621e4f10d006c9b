import type { StorageSettings } from '@app/platform';
import type { BackupTool } from './backup-tool.js';
import { Refused } from '../refused.js';

/** The tool of the configured repository. `disk`: a folder on PostgreSQL's, which a backup of ours must not fill. */
export async function backupTool(settings: StorageSettings, disk?: string): Promise<BackupTool> {
  const { BACKUP_REPOSITORY: repository } = settings;
  if (repository === undefined) throw new Refused('expected BACKUP_REPOSITORY, but it is not set');
  // Each tool is loaded on demand.
  if (repository.startsWith('pgbackrest:')) {
    const { PgBackRest } = await import('./pgbackrest.js');
    return new PgBackRest(repository.slice('pgbackrest:'.length), settings);
  }
  const { OwnBackups } = await import('./own/own-backups.js');
  return OwnBackups.open(settings, repository, disk);
}
