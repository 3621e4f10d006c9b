import { spawnSync } from 'node:child_process';
import { cpSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../dev/install.mjs';
import { Refusal } from '../dev/say.ts';
import { ensureProgram } from '../dev/system-packages.ts';
import { setModes, type Compression } from './archive.ts';
import { fillPrograms, type Facts } from './tree.ts';

/** Debian's release and where it comes from: that of the oldest machines that the Debian package is for. */
const [SUITE, MIRROR] = ['bookworm', 'http://deb.debian.org/debian'];

/** What Node, sharp and the wall around the decoders need, and a shell. There is no apt: a newer Debian comes with a new image. */
const packages = [
  'base-files',
  'libc6',
  'libstdc++6',
  'libgcc-s1',
  'dash',
  'coreutils',
  'sed',
  'util-linux',
  'bubblewrap',
];

/** Files of this machine, and files that nobody reads. */
const unused = [
  ...['fstab', 'hostname', 'resolv.conf'].map((name) => join('etc', name)),
  ...['bash-completion', 'info', 'lintian', 'locale', 'man', 'perl5', 'zsh'].map((name) =>
    join('usr/share', name),
  ),
  'var/cache',
  'var/lib/apt',
  'var/log/apt',
];

/** Instead of what Debian's packages make when they are configured, which takes root and their architecture: here they are only unpacked. */
const accounts: Record<string, string> = {
  passwd:
    'root:x:0:0::/root:/bin/sh\nnarwhal:x:10001:10001::/var/lib/narwhal:/bin/sh\nnobody:x:65534:65534::/:/bin/false\n',
  group: 'root:x:0:\nnarwhal:x:10001:\nnogroup:x:65534:\n',
  'nsswitch.conf': 'hosts: files dns\n',
};

function run(program: string, packageName: string, args: string[]): void {
  const path = ensureProgram(program, packageName);
  const { status, stderr } = spawnSync(path, args, { encoding: 'utf8', maxBuffer: 1 << 26 });
  if (status !== 0)
    throw new Refusal(
      `${program} could not make the image: ${stderr.trim().split('\n').slice(-5).join('\n')}`,
    );
}

/** A root with those packages and what they depend on. Scanners find them in dpkg's list, which is written as they are unpacked. */
function fillBase(folder: string, { architecture }: Facts): void {
  const list = `mkdir -p "$1/var/lib/dpkg"; for deb in "$1"/var/cache/apt/archives/*.deb; do
    dpkg-deb --field "$deb" | sed '1aStatus: install ok installed'; echo; done > "$1/var/lib/dpkg/status"`;
  const options = [
    '--quiet',
    '--variant=extract',
    `--architectures=${architecture.debian}`,
    `--include=${packages.join(',')}`,
  ];
  const tar = `${folder}.tar`;
  run('mmdebstrap', 'mmdebstrap', [...options, `--extract-hook=${list}`, SUITE, tar, MIRROR]);
  mkdirSync(folder);
  run('tar', 'tar', ['-xf', tar, '-C', folder, '--no-same-owner', '--exclude=./dev/*']);
  for (const path of [tar, ...unused.map((name) => join(folder, name))])
    rmSync(path, { recursive: true, force: true });
  for (const [name, text] of Object.entries(accounts)) writeFileSync(join(folder, 'etc', name), text);
}

/** Debian's packages as components of a bill of materials. */
function debianComponents(base: string): object[] {
  const entries = readFileSync(join(base, 'var/lib/dpkg/status'), 'utf8').trim().split('\n\n');
  return entries.map((entry) => {
    const field = (name: string) => new RegExp(`^${name}: (.*)$`, 'm').exec(entry)?.[1] ?? '';
    const [name, version] = [field('Package'), field('Version')];
    const purl = `pkg:deb/debian/${name}@${encodeURIComponent(version)}?arch=${field('Architecture')}&distro=${SUITE}`;
    return { 'bom-ref': purl, type: 'library', name, version, purl };
  });
}

/** Makes the programs' bill of materials that of the image. */
function completeBill(file: string, base: string): void {
  const text = readFileSync(file, 'utf8').replace('"pkg:deb/narwhal@', '"pkg:generic/narwhal@');
  const bill = JSON.parse(text) as { components: object[] };
  bill.components.push(...debianComponents(base));
  writeFileSync(file, `${JSON.stringify(bill, null, 2)}\n`);
}

/**
 * Makes an image below `folder` and returns the path of its archive, which docker and podman load. Its manifest is Docker's,
 * which every runtime of OCI's takes: OCI's own has no health check.
 */
export function buildImage(folder: string, facts: Facts, compression: Compression): string {
  const [base, narwhal] = [join(folder, 'base'), join(folder, 'narwhal')];
  fillBase(base, facts);
  fillPrograms(narwhal, facts);
  completeBill(join(narwhal, 'usr/share/doc/narwhal/sbom.cdx.json'), base);
  mkdirSync(join(narwhal, 'usr/bin'));
  cpSync(join(root, 'infra/image/narwhal'), join(narwhal, 'usr/bin/narwhal'));
  setModes(narwhal);
  for (const name of ['objects', 'mail', 'nginx', 'pages'])
    mkdirSync(join(folder, 'state', name), { recursive: true });
  // Images and containers of this machine's own stay as they are.
  const store = ['--root', join(folder, 'store'), '--runroot', join(folder, 'run')];
  const name = `narwhal:${facts.version.replace(/[~+]/g, '-')}`;
  const from = ['--file', join(root, 'infra/image/Containerfile'), '--build-arg', `VERSION=${facts.version}`];
  const how = ['--isolation=chroot', '--format=docker', '--quiet', `--arch=${facts.architecture.debian}`];
  run('buildah', 'buildah', [...store, 'bud', ...how, ...from, '--tag', name, folder]);
  const archive = `${folder}.tar`;
  run('buildah', 'buildah', [...store, 'push', '--quiet', name, `docker-archive:${archive}:${name}`]);
  if (compression === 'quick') return archive;
  run('gzip', 'gzip', [archive]);
  return `${archive}.gz`;
}
