import { cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/dev/install.mjs';

/** A copy of the build that differs in one file, as another version does. Returns its folder. */
export function anotherVersion(
  folder: string,
  name: string,
  file: string,
  text: string | ((old: string) => string),
): string {
  const target = join(folder, name);
  cpSync(join(root, 'dist'), target, { recursive: true });
  const path = join(target, file);
  writeFileSync(path, typeof text === 'string' ? text : text(readFileSync(path, 'utf8')));
  return target;
}

/** Adds a migration that the previous version can run on. */
export const withMigration = (folder: string, name: string): string =>
  anotherVersion(
    folder,
    name,
    'libs/storage/src/database/migrations/9000_deploy_probe.sql',
    "ALTER TABLE users ADD COLUMN deploy_probe text;\nCOMMENT ON COLUMN users.deploy_probe IS 'Of a test.';\n",
  );
