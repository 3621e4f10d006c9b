import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../dev/build.ts';
import { root } from '../dev/install.mjs';
import { Refusal, say } from '../dev/say.ts';
import { architectureOf } from './architecture.ts';
import { buildArchive, type Compression } from './archive.ts';
import { fillTree } from './tree.ts';

interface PackageOptions {
  /** The version of the package; package.json's by default. */
  version?: string;
  /** The output folder. */
  output?: string;
  compression?: Compression;
  /** Defaults to this machine's; another's native packages and Node are fetched with npm. */
  architecture?: string;
}

/** Makes the Debian package of this build and returns its path. */
export async function makePackage(options: PackageOptions = {}): Promise<string> {
  const { output = join(root, 'packages'), compression = 'small' } = options;
  const own = (JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string }).version;
  const facts = { version: options.version ?? own, architecture: architectureOf(options.architecture) };
  if (!/^\d+\.\d+\.\d+([~+][a-z0-9.]+)?$/.test(facts.version)) {
    throw new Refusal(`expected a version such as ${own} but received "${facts.version}"`);
  }
  await build();
  mkdirSync(output, { recursive: true });
  // On its sources' file system, so that files can be linked.
  const folder = mkdtempSync(join(root, 'node_modules', '.cache', 'package-'));
  try {
    fillTree(folder, facts);
    const archive = buildArchive(folder, facts, compression);
    const file = join(output, `narwhal_${facts.version}_${facts.architecture.debian}.deb`);
    // Copied rather than renamed: the output may be on another disk.
    copyFileSync(archive, file);
    return file;
  } finally {
    for (const made of [folder, `${folder}.deb`]) rmSync(made, { recursive: true, force: true });
  }
}

/** `npm run package`. */
export async function packageCommand(args: string[]): Promise<void> {
  // tools/dev/help.ts has rejected unknown arguments.
  const { values } = parseArgs({
    args,
    options: {
      version: { type: 'string' },
      output: { type: 'string' },
      arch: { type: 'string' },
      quick: { type: 'boolean' },
    },
  });
  const { quick, arch: architecture, ...rest } = values;
  say('Making the package, which takes about a minute ...');
  const file = await makePackage({ ...rest, architecture, compression: quick ? 'quick' : 'small' });
  say(
    `${file}\n\nOn an Ubuntu or Debian machine: sudo apt-get install ./narwhal_*.deb; docs/install-ubuntu.md goes on.`,
  );
}
