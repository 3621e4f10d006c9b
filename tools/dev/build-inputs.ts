import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const assetKinds = /\.(sql|lua|html|css)$/;
const settings = ['tsconfig.json', 'nest-cli.json', 'package-lock.json', 'tools/dev/build.ts'];

/** Every file under apps/, libs/ and infra/, as sorted paths relative to the root. */
function sources(): string[] {
  return ['apps', 'libs', 'infra'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((file) => !file.startsWith('infra/aws/'))
      .sort(),
  );
}

/** Files that the compiler does not emit but the applications read at run time. */
export function assets(): string[] {
  return sources().filter((file) => assetKinds.test(file));
}

/** A digest of the contents: a checkout changes every modification time, and some edits change none. */
export function inputsDigest(): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...settings, ...sources()]) {
    if (existsSync(join(root, file))) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
