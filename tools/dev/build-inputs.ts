import { createHash } from 'node:crypto';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from './install.mjs';

const assetKinds = /\.(sql|lua|html|css)$/;
const settings = ['tsconfig.json', 'nest-cli.json', 'package-lock.json', 'tools/dev/build.ts'];

/** Every file under apps/, libs/ and infra/, by its path from the root, in one order. */
function sources(): string[] {
  return ['apps', 'libs', 'infra'].flatMap((top) =>
    readdirSync(join(root, top), { recursive: true, withFileTypes: true })
      .filter((entry) => entry.isFile() && !entry.name.endsWith('.spec.ts'))
      .map((entry) => join(entry.parentPath, entry.name).slice(root.length + 1))
      .filter((file) => !file.startsWith('infra/aws/'))
      .sort(),
  );
}

/** What the compiler leaves behind, but the applications read when they run. */
export function assets(): string[] {
  return sources().filter((file) => assetKinds.test(file));
}

/** A digest of contents: modification times change with every checkout, and do not change with some. */
export function inputsDigest(): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...settings, ...sources()]) {
    if (existsSync(join(root, file))) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
