/** The parts of backups: a stream of a whole PostgreSQL, and the places where it is kept. */
export { baseBackup, type BaseBackup } from './base-backup.js';
export { openRepository } from './open-repository.js';
export type { Repository } from './repository.js';
