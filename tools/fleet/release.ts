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

/** A built version that parts run from; later builds in the clone do not change it. */
export class Release {
  readonly folder: string;
  /** A hash of its contents, 10 hex digits. */
  readonly version: string;

  private constructor(folder: string, version: string) {
    this.folder = folder;
    this.version = version;
  }

  /**
   * Copies a build into the fleet's folder.
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
    // Node resolves packages from a file's real path: beside the releases, a link to the clone's.
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

  /** Runs one of its programs and returns its output. @throws Refusal with that output when it fails */
  print(program: string, args: string[], settings: Record<string, string>): string {
    const options = { env: childEnvironment(settings), encoding: 'utf8', cwd: root } as const;
    const { status, stdout, stderr } = spawnSync(process.execPath, [this.path(program), ...args], options);
    if (status !== 0) throw new Refusal(`${program} of version ${this.version} failed:\n${stderr}`);
    return stdout;
  }

  /** Keeps only the running release and the one before it. */
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
