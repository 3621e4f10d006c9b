import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../dev/install.mjs';
import { Refusal } from '../dev/say.ts';

/** Debian's names of the supported architectures, by Node's names. */
const architectures: Partial<Record<string, string>> = { x64: 'amd64', arm64: 'arm64' };

export interface Architecture {
  /** Node's and npm's name. */
  node: string;
  debian: string;
  /** Whether it is this machine's, whose packages are installed. */
  own: boolean;
}

/** @throws Refusal when packages for it are not supported, at all or on this system */
export function architectureOf(name: string = process.arch): Architecture {
  const found = Object.entries(architectures).find(([node, debian]) => name === node || name === debian);
  if (!found) throw new Refusal(`expected amd64 or arm64 as architecture but received "${name}"`);
  if (process.platform !== 'linux') {
    throw new Refusal(`expected Linux to make a Debian package but this is ${process.platform}`);
  }
  const [node, debian = ''] = found;
  return { node, debian, own: node === process.arch };
}

interface Entry {
  version: string;
  integrity?: string;
  dev?: boolean;
  cpu?: string[];
  os?: string[];
  libc?: string[];
}

function lockEntries(): [string, Entry][] {
  const text = readFileSync(join(root, 'package-lock.json'), 'utf8');
  return Object.entries((JSON.parse(text) as { packages: Record<string, Entry> }).packages);
}

/** Whether a package of the lock file is built for another architecture only. */
export function isForeign(path: string, architecture: Architecture): boolean {
  const { cpu } = Object.fromEntries(lockEntries())[path] ?? {};
  return cpu !== undefined && !cpu.includes(architecture.node);
}

/** Narwhal's dependencies that are built for this architecture, on Linux with glibc, as the lock file names them. */
export function builtFor({ node }: Architecture): { path: string; version: string; integrity?: string }[] {
  return lockEntries()
    .filter(
      ([, { dev, cpu, os, libc }]) =>
        !dev && cpu?.includes(node) && os?.includes('linux') && (!libc || libc.includes('glibc')),
    )
    .map(([path, { version, integrity }]) => ({ path, version, integrity }));
}

/** Fetches one package with npm into a folder. @throws Refusal when npm fails, or when the lock file's hash differs */
function fetchPackage(spec: string, folder: string, integrity?: string): void {
  mkdirSync(folder, { recursive: true });
  const npm = spawnSync('npm', ['pack', spec, '--json', '--pack-destination', folder], { encoding: 'utf8' });
  if (npm.status !== 0) throw new Refusal(`npm could not fetch ${spec}: ${npm.stderr.trim()}`);
  const [packed] = JSON.parse(npm.stdout) as { filename: string; integrity: string }[];
  if (!packed || (integrity && packed.integrity !== integrity)) {
    throw new Refusal(`expected ${spec} as package-lock.json has it but npm fetched another`);
  }
  const file = join(folder, packed.filename.replaceAll('/', '-').replace(/^@/, ''));
  const tar = spawnSync('tar', ['-xzf', file, '-C', folder, '--strip-components=1'], { encoding: 'utf8' });
  const removed = spawnSync('rm', [file]);
  if (tar.status !== 0 || removed.status !== 0)
    throw new Refusal(`${spec} cannot be unpacked: ${tar.stderr}`);
}

/** Puts another architecture's native packages and Node into `lib`. */
export function placeForeign(architecture: Architecture, lib: string): void {
  for (const { path, version, integrity } of builtFor(architecture)) {
    fetchPackage(`${path.replace(/^.*node_modules\//, '')}@${version}`, join(lib, path), integrity);
  }
  const own = readFileSync(join(root, 'node_modules/node/package.json'), 'utf8');
  const { version } = JSON.parse(own) as { version: string };
  fetchPackage(`node-linux-${architecture.node}@${version}`, join(lib, 'node'));
  for (const name of ['include', 'lib', 'share', 'README.md', 'CHANGELOG.md', 'package.json']) {
    spawnSync('rm', ['-rf', join(lib, 'node', name)]);
  }
}
