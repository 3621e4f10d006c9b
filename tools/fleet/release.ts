import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { createHash } from 'node:crypto';
import { join } from 'node:path';
import { childEnvironment } from '../dev/env.ts';
import { root } from '../dev/install.mjs';
import { Refusal } from '../dev/say.ts';

/** One built version that parts run from; it stays as it is, whatever is built in the clone meanwhile. */
export class Release {
  readonly folder: string;
  /** Of its contents, 10 hex digits. */
  readonly version: string;

  private constructor(folder: string, version: string) {
    this.folder = folder;
    this.version = version;
  }

  /**
   * Keeps a build in the fleet's folder.
   *
   * @throws Refusal when the folder holds no build
   */
  static keep(build: string, fleetFolder: string): Release {
    if (!['api', 'cli'].every((name) => existsSync(join(build, `apps/${name}/src/main.js`))))
      throw new Refusal(
        `expected a build (apps/, libs/, infra/) in ${build} but found none; \`npm run build\` makes one in dist/`,
      );
    const releases = join(fleetFolder, 'releases');
    mkdirSync(releases, { recursive: true });
    // Packages are found from where a file really lies: beside the releases, a way back to the clone's.
    if (!existsSync(join(releases, 'node_modules')))
      symlinkSync(join(root, 'node_modules'), join(releases, 'node_modules'));
    if (!existsSync(join(releases, 'package.json')))
      cpSync(join(root, 'package.json'), join(releases, 'package.json'));
    const version = digestOf(build).slice(0, 10);
    const folder = join(releases, version);
    if (!existsSync(folder)) {
      rmSync(`${folder}.new`, { recursive: true, force: true });
      cpSync(build, `${folder}.new`, { recursive: true });
      renameSync(`${folder}.new`, folder);
    }
    return new Release(folder, version);
  }

  path(program: string): string {
    return join(this.folder, program);
  }

  /** Runs one of its programs that print, and answers what it printed. @throws Refusal with what it said otherwise */
  print(program: string, args: string[], settings: Record<string, string>): string {
    const options = { env: childEnvironment(settings), encoding: 'utf8', cwd: root } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.path(program), ...args], options);
    if (status !== 0) throw new Refusal(`${program} of version ${this.version} failed:\n${stderr}`);
    return stdout;
  }

  /** Only what runs, and what ran before it, is kept. */
  static tidy(fleetFolder: string, kept: readonly Release[]): void {
    const releases = join(fleetFolder, 'releases');
    for (const name of readdirSync(releases)) {
      if (/^[0-9a-f]{10}(\.new)?$/.test(name) && !kept.some(({ version }) => version === name))
        rmSync(join(releases, name), { recursive: true, force: true });
    }
  }
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((entry) =>
    entry.isFile(),
  );
  for (const file of files.map(({ parentPath, name }) => join(parentPath, name)).sort())
    hash.update(`\0${file.slice(folder.length)}\0`).update(readFileSync(file));
  return hash.digest('hex');
}
