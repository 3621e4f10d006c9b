import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { root } from '../dev/install.mjs';
import { isForeign, placeForeign, type Architecture } from './architecture.ts';
import { billOfMaterials } from './bill-of-materials.ts';
import { place, placeFolder, productionPackages } from './modules.ts';

export interface Facts {
  version: string;
  architecture: Architecture;
}

/** The Debian package's folder. */
export function fillTree(folder: string, facts: Facts): void {
  cpSync(join(root, 'infra/ubuntu/root'), folder, { recursive: true });
  fillPrograms(folder, facts);
  cpSync(join(root, 'docs/install-ubuntu.md'), join(folder, 'usr/share/doc/narwhal/install-ubuntu.md'));
}

/** Everything that a machine needs: programs, their packages, their Node. */
export function fillPrograms(folder: string, facts: Facts): void {
  const lib = join(folder, 'usr/lib/narwhal');
  mkdirSync(lib, { recursive: true });
  placeFolder(join(root, 'dist'), join(lib, 'dist'));
  nameSources(join(lib, 'dist'));
  // The health page shows them.
  placeFolder(join(root, 'docs/runbooks'), join(lib, 'docs/runbooks'));
  for (const path of productionPackages()) {
    if (!isForeign(path, facts.architecture)) placeFolder(join(root, path), join(lib, path));
  }
  if (facts.architecture.own)
    place(join(root, 'node_modules/node/bin/node'), join(lib, 'node/bin/node'), 0o755);
  else placeForeign(facts.architecture, lib);
  // A package.json that marks the programs as ES modules; without scripts, which nobody could run.
  const own = { name: 'narwhal', version: facts.version, license: 'AGPL-3.0-only', type: 'module' };
  writeFileSync(join(lib, 'package.json'), `${JSON.stringify(own, null, 2)}\n`);
  documents(join(folder, 'usr/share/doc/narwhal'), facts);
}

/** Stack traces name sources by their path in the project, not by the build folder. */
function nameSources(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const file = join(entry.parentPath, entry.name);
    if (!entry.isFile() || !file.endsWith('.map')) continue;
    const map = JSON.parse(readFileSync(file, 'utf8')) as { sourceRoot?: string };
    // Replaced rather than edited: the file may be a hard link to the one in dist.
    rmSync(file);
    writeFileSync(file, JSON.stringify({ ...map, sourceRoot: '/usr/src/narwhal/' }));
  }
}

function documents(folder: string, facts: Facts): void {
  const { version } = facts;
  mkdirSync(folder, { recursive: true });
  writeFileSync(join(folder, 'sbom.cdx.json'), billOfMaterials(facts));
  const licence = readFileSync(join(root, 'LICENSE'), 'utf8').trimEnd();
  const indented = licence.split('\n').map((line) => (line.trim() === '' ? ' .' : ` ${line}`));
  writeFileSync(
    join(folder, 'copyright'),
    `Format: https://www.debian.org/doc/packaging-manuals/copyright-format/1.0/
Upstream-Name: Narwhal
Comment: The packages under /usr/lib/narwhal/node_modules carry their own licences beside them;
 Node (/usr/lib/narwhal/node) is under the MIT licence and those of what it is made of:
 https://github.com/nodejs/node/blob/main/LICENSE

Files: *
Copyright: The authors of Narwhal
License: AGPL-3.0-only
${indented.join('\n')}
`,
  );
  const changes = `narwhal (${version}) stable; urgency=medium

  * Release ${version}: its changes are the commits of the project.

 -- Narwhal <maintainers@example.org>  Thu, 01 Jan 2026 00:00:00 +0000
`;
  writeFileSync(join(folder, 'changelog.gz'), gzipSync(changes, { level: 9 }));
}
