import { mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../build.ts';
import { root } from '../install.mjs';
import { Refusal, say } from '../say.ts';
import { buildArchive, type Compression } from './archive.ts';
import { fillTree } from './tree.ts';

/** Debian's name of the architecture that this machine's Node and sharp are built for. */
const architectures: Partial<Record<NodeJS.Architecture, string>> = { x64: 'amd64', arm64: 'arm64' };

function ownArchitecture(): string {
  const name = architectures[process.arch];
  if (process.platform === 'linux' && name) return name;
  throw new Refusal(
    `expected Linux on amd64 or arm64 to make its package but this is ${process.platform} on ${process.arch}`,
  );
}

interface PackageOptions {
  /** The version it says it is; package.json's unless given. */
  version?: string;
  /** The folder that it is put into. */
  output?: string;
  compression?: Compression;
}

/** Makes the Debian package of this build for this machine's architecture, and answers its path. */
export async function makePackage(options: PackageOptions = {}): Promise<string> {
  const { output = join(root, 'packages'), compression = 'small' } = options;
  const own = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  const facts = { version: options.version ?? own, architecture: ownArchitecture() };
  if (!/^\d+\.\d+\.\d+([~+][a-z0-9.]+)?$/.test(facts.version)) {
    throw new Refusal(`expected a version such as ${own} but received "${facts.version}"`);
  }
  await build();
  mkdirSync(output, { recursive: true });
  // Beside what it is made of, so that files can be linked.
  const folder = mkdtempSync(join(root, 'node_modules', '.cache', 'package-'));
  try {
    fillTree(folder, facts);
    const archive = buildArchive(folder, facts, compression);
    const file = join(output, `narwhal_${facts.version}_${facts.architecture}.deb`);
    renameSync(archive, file);
    return file;
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** `npm run package`. */
export async function packageCommand(args: string[]): Promise<void> {
  const { values } = parseArgs({
    args,
    options: { version: { type: 'string' }, output: { type: 'string' }, quick: { type: 'boolean' } },
  });
  const { quick, ...rest } = values;
  say('Making the package, which takes about a minute ...');
  const file = await makePackage({ ...rest, compression: quick ? 'quick' : 'small' });
  say(
    `${file}\n\nOn an Ubuntu or Debian machine: sudo apt-get install ./narwhal_*.deb; docs/install-ubuntu.md goes on.`,
  );
}
