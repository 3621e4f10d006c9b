import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../dev/install.mjs';
import { Refusal } from '../dev/say.ts';
import { ensureProgram } from '../dev/system-packages.ts';
import { fillTree, type Facts } from './tree.ts';

/** `small` for downloads, `quick` for a test that installs it once. */
export type Compression = 'small' | 'quick';
const flags: Record<Compression, string[]> = { small: ['-Zxz', '-z6'], quick: ['-Zgzip', '-z1'] };

const scripts = ['preinst', 'postinst', 'prerm', 'postrm'];
const configuration = [
  '/etc/narwhal/narwhal.env',
  '/etc/narwhal/nginx.options',
  '/etc/logrotate.d/narwhal',
  '/etc/munin/plugin-conf.d/narwhal',
];

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, withFileTypes: true })
    .filter((entry) => entry.isFile())
    .map((entry) => join(entry.parentPath, entry.name).slice(folder.length + 1))
    .sort();
}

function control({ version, architecture }: Facts, kibibytes: number): string {
  return `Package: narwhal
Version: ${version}
Architecture: ${architecture.debian}
Maintainer: Narwhal <maintainers@example.org>
Installed-Size: ${kibibytes}
Depends: libc6 (>= 2.28), libstdc++6 (>= 9), libgcc-s1, systemd (>= 249), passwd, bubblewrap
Recommends: nginx | nginx-light, postgresql (>= 15) | postgresql-client, redis-server, pgbackrest (>= 2.45), iproute2, logrotate
Suggests: libheif-examples, munin-node
Section: web
Priority: optional
Description: photo-sharing backend that anyone can run
 People upload photographs from their phones, follow each other and see each
 other's posts in a home feed. This package has its api, its workers, the
 configuration of its NGINX, and the Node that they run on; "narwhal setup"
 makes a machine any part of it, and "narwhal doctor" says what is in the way.
`;
}

/** Sets the modes that the programs need, whatever the umask and the modes of this checkout are. */
export function setModes(folder: string): void {
  for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const runs =
      /\/usr\/(bin\/|share\/munin\/plugins\/|lib\/narwhal\/(setup|roll|keys|certificate|nginx-configuration|munin-contact|node\/bin\/node)$)/.test(
        path,
      );
    if (entry.isDirectory()) chmodSync(path, 0o755);
    // Linked files are the checkout's own, whose modes must not change; they are readable already.
    else if (statSync(path).nlink === 1) chmodSync(path, runs ? 0o755 : 0o644);
  }
  chmodSync(folder, 0o755);
}

/** Makes a .deb by a folder of its name, and returns its path. */
export function buildArchive(folder: string, facts: Facts, compression: Compression): string {
  fillTree(folder, facts);
  setModes(folder);
  const files = filesOf(folder);
  const kibibytes = files.reduce((sum, file) => sum + Math.ceil(statSync(join(folder, file)).size / 1024), 0);
  const sums = files
    .filter((file) => !configuration.includes(`/${file}`))
    .map(
      (file) =>
        `${createHash('md5')
          .update(readFileSync(join(folder, file)))
          .digest('hex')}  ${file}`,
    );
  const own = join(folder, 'DEBIAN');
  mkdirSync(own);
  const write = (name: string, text: string, mode = 0o644) => writeFileSync(join(own, name), text, { mode });
  write('control', control(facts, kibibytes));
  write('md5sums', `${sums.join('\n')}\n`);
  write('conffiles', `${configuration.join('\n')}\n`);
  // Twice its size: the old version's files stay until all new ones are there.
  const room = Math.ceil(kibibytes / 1024) + 100;
  for (const name of scripts) {
    const text = readFileSync(join(root, 'infra/ubuntu/control', name), 'utf8');
    const filled = text
      .replaceAll('@VERSION@', facts.version)
      .replaceAll('@ARCHITECTURE@', facts.architecture.debian)
      .replaceAll('@ROOM@', String(room));
    write(name, filled, 0o755);
  }
  chmodSync(own, 0o755);
  const file = `${folder}.deb`;
  const dpkg = ensureProgram('dpkg-deb', 'dpkg');
  const result = spawnSync(dpkg, ['--root-owner-group', ...flags[compression], '--build', folder, file], {
    encoding: 'utf8',
  });
  if (result.status !== 0) throw new Refusal(`dpkg-deb could not make the package: ${result.stderr}`);
  return file;
}
