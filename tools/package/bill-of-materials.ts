import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../dev/install.mjs';
import { builtFor, isForeign } from './architecture.ts';
import { productionPackages } from './modules.ts';
import type { Facts } from './tree.ts';

interface Component {
  'bom-ref': string;
  name: string;
  version: string;
  type: string;
  [field: string]: unknown;
}

interface Bill {
  metadata: { component: Component };
  components: Component[];
  dependencies: { ref: string; dependsOn: string[] }[];
}

interface Packed {
  name: string;
  version: string;
}

/** The Debian package's software bill of materials (CycloneDX 1.5, as npm writes it): what is in the package, and nothing else. */
export function billOfMaterials({ version, architecture }: Facts): string {
  const portable = productionPackages()
    .filter((path) => !isForeign(path, architecture))
    .map((path) => JSON.parse(readFileSync(join(root, path, 'package.json'), 'utf8')) as Packed);
  const native = builtFor(architecture).map(({ path, version: built }) => ({
    name: path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length),
    version: built,
  }));
  const packed = new Set([...portable, ...native].map((each) => `${each.name}@${each.version}`));
  const command = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
  const options = { cwd: root, encoding: 'utf8', maxBuffer: 64 * 1024 * 1024 } as const;
  const bill = JSON.parse(execFileSync('npm', command, options)) as Bill;
  const own = bill.metadata.component['bom-ref'];
  // Its own Node is a development dependency here, and a part of the package there.
  const isPart = (ref: string) => packed.has(ref) || /^node@\d/.test(ref);
  bill.components = bill.components.filter((component) => isPart(component['bom-ref']));
  bill.dependencies = bill.dependencies
    .filter(({ ref }) => ref === own || isPart(ref))
    .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter(isPart) }));
  const purl = `pkg:deb/narwhal@${version}?arch=${architecture.debian}`;
  Object.assign(bill.metadata.component, { name: 'narwhal', version, purl, type: 'application' });
  return `${JSON.stringify(bill, null, 2)}\n`;
}
