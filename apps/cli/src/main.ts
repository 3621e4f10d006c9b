import { exitForUsage, UsageError } from '@app/platform';

/** Loaded on demand: no command needs another's modules. */
const commands = {
  admin: () => import('./admin/admin.js'),
  backup: () => import('./backup/backup.js'),
  keys: () => import('./keys/keys.js'),
  doctor: () => import('./doctor/doctor.js'),
  migrate: () => import('./migrate/migrate.js'),
  restore: () => import('./backup/restore.js'),
  storage: () => import('./storage/storage.js'),
  top: () => import('./top/top.js'),
};

const [name = '', ...args] = process.argv.slice(2);
if (!Object.hasOwn(commands, name))
  exitForUsage(new UsageError(`expected one of ${Object.keys(commands).join(', ')} but received "${name}"`));
const { run } = await commands[name as keyof typeof commands]();
process.exit(await run(args));
