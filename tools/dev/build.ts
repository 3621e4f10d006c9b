import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { root } from './install.mjs';
import { withLock } from './lock.mjs';
import { Refusal, say } from './say.ts';

const dist = join(root, 'dist');
const cache = join(root, 'node_modules', '.cache', 'narwhal');
/** Inside dist, so that removing dist also removes the stamp. */
const stampName = '.inputs';

const assetKinds = /\.(sql|lua|html|css)$/;
const settings = [
  'tsconfig.json',
  'nest-cli.json',
  'package-lock.json',
  'tools/dev/build.ts',
  'tools/dev/bundle-libraries.ts',
];

/** Builds dist unless it is up to date with the sources. */
export async function build(options: { always?: boolean } = {}): Promise<void> {
  await withLock('build', () => {
    const digest = inputsDigest();
    if (!options.always && stamp() === digest) return;
    say('Building the applications ...');
    const fresh = compile();
    for (const asset of assets()) {
      const target = join(fresh, asset);
      mkdirSync(dirname(target), { recursive: true });
      cpSync(join(root, asset), target);
    }
    writeFileSync(join(fresh, stampName), digest);
    replaceDist(fresh);
  });
}

function stamp(): string | undefined {
  const file = join(dist, stampName);
  return existsSync(file) ? readFileSync(file, 'utf8') : undefined;
}

/**
 * Compiles all applications and libraries in one pass into a folder beside dist: a failed build keeps the last good one, and
 * no output outlives its source. `nest build api`, then `worker`, would compile every library twice and omit what no
 * application imports, such as the programs of infra/.
 */
function compile(): string {
  const output = join(cache, 'dist');
  const project = join(cache, 'tsconfig.json');
  rmSync(output, { recursive: true, force: true });
  mkdirSync(cache, { recursive: true });
  const configuration = {
    extends: join(root, 'tsconfig.json'),
    // The output moves once it is complete, so its source maps cannot use relative source paths.
    compilerOptions: { rootDir: root, outDir: output, sourceRoot: `${root}/` },
    include: ['apps/*/src', 'libs/*/src', 'infra'].map((folder) => join(root, folder, '**/*.ts')),
    // The AWS code is a separate package, whose dependencies are not installed here.
    exclude: ['**/*.spec.ts', 'infra/aws'].map((path) => join(root, path)),
  };
  writeFileSync(project, JSON.stringify(configuration));
  const nest = join(root, 'node_modules', '@nestjs', 'cli', 'bin', 'nest.js');
  // Nest's CLI takes a path relative to the working directory.
  step([nest, 'build', 'api', '--path', relative(root, project)]);
  step([join(import.meta.dirname, 'bundle-libraries.ts'), output]);
  return output;
}

function step(args: string[]): void {
  const { status } = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
  if (status !== 0) throw new Refusal('The build failed; the reasons are above.');
}

/** Two renames, so that a running Narwhal misses its files for an instant at most. */
function replaceDist(fresh: string): void {
  const old = join(cache, 'dist.old');
  rmSync(old, { recursive: true, force: true });
  if (existsSync(dist)) renameSync(dist, old);
  renameSync(fresh, dist);
  rmSync(old, { recursive: true, force: true });
}

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
function assets(): string[] {
  return sources().filter((file) => assetKinds.test(file));
}

/** A digest of the contents: a checkout changes every modification time, and some edits change none. */
function inputsDigest(): string {
  const hash = createHash('sha256').update(process.version);
  for (const file of [...settings, ...sources()]) {
    if (existsSync(join(root, file))) hash.update(`\0${file}\0`).update(readFileSync(join(root, file)));
  }
  return hash.digest('hex');
}
