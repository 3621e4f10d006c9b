import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { build } from '../dev/build.ts';
import { root } from '../dev/install.mjs';
import { Refusal, say } from '../dev/say.ts';
import { architectureOf } from './architecture.ts';
import { buildArchive, type Compression } from './archive.ts';
import { buildImage } from './image.ts';

interface PackageOptions {
  /** The version of the package; package.json's by default. */
  version?: string;
  /** The output folder. */
  output?: string;
  compression?: Compression;
  /** Defaults to this machine's; another's native packages and Node are fetched with npm. */
  architecture?: string;
  /** An image for containers instead of a Debian package. */
  image?: boolean;
}

/** Makes the Debian package or the image of this build and returns its path. */
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
    const archive = (options.image ? buildImage : buildArchive)(folder, facts, compression);
    const name = `narwhal_${facts.version}_${facts.architecture.debian}`;
    const file = join(output, `${name}${options.image ? '.image' : ''}${archive.slice(folder.length)}`);
    // Copied rather than renamed: the output may be on another disk.
    copyFileSync(archive, file);
    return file;
  } finally {
    for (const made of [folder, ...['deb', 'tar', 'tar.gz'].map((kind) => `${folder}.${kind}`)])
      rmSync(made, { recursive: true, force: true });
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
      image: { type: 'boolean' },
      quick: { type: 'boolean' },
    },
  });
  const { quick, arch: architecture, ...rest } = values;
  say(`Making the ${rest.image ? 'image' : 'package'}, which takes about a minute ...`);
  const file = await makePackage({ ...rest, architecture, compression: quick ? 'quick' : 'small' });
  const next = rest.image
    ? 'Where it is to run: docker load or podman load, with --input; docs/containers.md goes on.'
    : 'On an Ubuntu or Debian machine: sudo apt-get install ./narwhal_*.deb; docs/install-ubuntu.md goes on.';
  say(`${file}\n\n${next}`);
}
