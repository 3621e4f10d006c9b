import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../dev/install.mjs';

interface Locked {
  license?: string;
  hasInstallScript?: boolean;
}

const read = <Content>(...path: string[]) => JSON.parse(readFileSync(join(root, ...path), 'utf8')) as Content;

function packages(): [name: string, package_: Locked][] {
  const locks = ['.', 'bench', 'infra/aws'].map((folder) =>
    read<{ packages: Record<string, Locked> }>(folder, 'package-lock.json'),
  );
  return locks.flatMap((lock) =>
    Object.entries(lock.packages)
      .filter(([path]) => path !== '')
      .map(
        ([path, locked]) => [path.slice(path.lastIndexOf('node_modules/') + 13), locked] as [string, Locked],
      ),
  );
}

/** Licences whose terms fit a program under the AGPL 3.0; each was read. LGPL is libvips, which sharp loads as a library. */
const allowed = new Set([
  '0BSD',
  'Apache-2.0',
  'BSD-2-Clause',
  'BSD-3-Clause',
  'BlueOak-1.0.0',
  'CC0-1.0',
  'ISC',
  'LGPL-3.0',
  'LGPL-3.0-or-later',
  'MIT',
  'MIT-0',
  'MPL-2.0',
  'PSF-2.0',
  'Python-2.0',
]);
/** A package whose Readme alone names its licence. A test alone uses it, through tus-js-client. */
const unnamed: Record<string, string> = { 'combine-errors': 'MIT' };

test('every dependency has a licence from the list', () => {
  const others = packages().filter(([name, { license = unnamed[name] ?? 'none' }]) => {
    const choices = license.replace(/[()]/g, '').split(' OR ');
    return !choices.some((choice) => choice.split(' AND ').every((term) => allowed.has(term)));
  });
  expect(others).toEqual([]);
});

test('a script runs at installation only where package.json allows it by name', () => {
  const { allowScripts } = read<{ allowScripts: Record<string, boolean> }>('package.json');
  const scripted = new Set(
    packages().flatMap(([name, { hasInstallScript }]) => (hasInstallScript ? [name] : [])),
  );
  expect(new Set(Object.keys(allowScripts))).toEqual(scripted);
});
