import { execFileSync, spawnSync } from 'node:child_process';
import { copyFileSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { root } from '../tools/dev/install.mjs';
import { composeFolder, readCompose } from './harness/compose.js';
import { servers } from './harness/servers.js';

const { services, networks, volumes, secrets } = readCompose();
const own = Object.entries(services).filter(([, { image }]) => image.startsWith('narwhal:'));
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
let folder: string;

/** Types ./make-secrets in a copy of the folder. */
const makeSecrets = (): void => void execFileSync(join(folder, 'make-secrets'));

beforeAll(() => {
  folder = join(servers().folder, 'compose');
  mkdirSync(folder);
  for (const name of ['compose.yaml', 'make-secrets'])
    copyFileSync(join(composeFolder, name), join(folder, name));
  makeSecrets();
});

const made = (): Record<string, string> =>
  Object.fromEntries(
    readdirSync(join(folder, 'secrets')).map((name) => [
      name,
      readFileSync(join(folder, 'secrets', name), 'utf8'),
    ]),
  );

describe.each(Object.entries(services))('%s', (_, service) => {
  test('writes nowhere but where it is told to, gains no right, and is watched', () => {
    expect(service).toMatchObject({ read_only: true, cap_drop: ['ALL'] });
    expect(service.security_opt).toContain('no-new-privileges');
    const once = service.restart === 'no';
    expect(once || service.restart === 'unless-stopped').toBe(true);
    // The image has one of its own.
    const watched = service.healthcheck?.test !== undefined || service.image.startsWith('narwhal:');
    expect(service.healthcheck?.disable ?? !watched).toBe(once);
  });

  test('names only what the file has', () => {
    const mounted = (service.volumes ?? []).map((volume) => volume.split(':')[0] ?? '');
    expect(Object.keys(volumes)).toEqual(expect.arrayContaining(mounted));
    expect(Object.keys(secrets)).toEqual(expect.arrayContaining(service.secrets ?? []));
    const joined = Array.isArray(service.networks) ? service.networks : Object.keys(service.networks ?? {});
    expect(Object.keys(networks)).toEqual(expect.arrayContaining(joined));
    expect(Object.keys(services)).toEqual(expect.arrayContaining(Object.keys(service.depends_on ?? {})));
  });

  test('gets as a secret each file that its settings name, and no other', () => {
    const files = Object.values(service.environment ?? {}).flatMap((value) =>
      value?.startsWith('/run/secrets/') ? [value] : [],
    );
    expect(files.toSorted()).toEqual(
      (service.secrets ?? []).map((name) => `/run/secrets/${name}`).toSorted(),
    );
  });
});

test.each(own)(
  '%s is of this release, has settings that there are and a command that the image has',
  (_, service) => {
    const { version } = JSON.parse(read('package.json')) as { version: string };
    expect(service.image).toBe(`narwhal:${version}`);
    const settings = [...read('docs/settings.md').matchAll(/^\| `(\w+)`/gm)].map(([, name]) => name);
    const names = Object.keys(service.environment ?? {}).map((name) => name.replace(/_FILE$/, ''));
    expect(settings).toEqual(expect.arrayContaining(names));
    const usage = execFileSync('sh', [join(root, 'infra/image/narwhal'), 'help'], { encoding: 'utf8' });
    const [, typed] = service.entrypoint
      ? (/narwhal (\w+)/.exec(service.command?.[0] ?? '') ?? [])
      : ['', service.command?.[0]];
    expect(usage).toMatch(new RegExp(`narwhal ${typed} `));
  },
);

test('apis trust NGINX by its address, and NGINX finds both by theirs', () => {
  const addressOf = (name: string): string | undefined => {
    const joined = services[name]?.networks;
    return Array.isArray(joined) ? undefined : joined?.['front']?.ipv4_address;
  };
  for (const api of ['api1', 'api2'])
    expect(services[api]?.environment?.['TRUSTED_PROXIES']).toBe(addressOf('nginx'));
  const named = services['nginx-configuration']?.command?.[0]?.matchAll(/--api (\S+):3000/g);
  expect([...(named ?? [])].map(([, address]) => address)).toEqual(['api1', 'api2'].map(addressOf));
});

test('each secret is made once, in a folder that nobody else reads', () => {
  const first = made();
  makeSecrets();
  expect(made()).toEqual(first);
  expect(Object.keys(first).toSorted()).toEqual(Object.keys(secrets).toSorted());
  for (const [name, { file }] of Object.entries(secrets)) expect(file).toBe(`secrets/${name}`);
  expect(statSync(join(folder, 'secrets')).mode & 0o777).toBe(0o700);
  const owner = new URL(first['database-direct-url'] ?? '');
  expect([owner.username, owner.password]).toEqual([
    services['postgresql']?.environment?.['POSTGRES_USER'],
    first['database-password']?.trim(),
  ]);
  expect(new URL(first['database-url'] ?? '').password).not.toBe(owner.password);
});

const composes = spawnSync('docker', ['compose', 'version']).status === 0;
if (!composes) console.warn('Docker does not read compose.yaml here: docker compose is not installed');
test.skipIf(!composes)('Docker reads the file', () => {
  const said = spawnSync('docker', ['compose', 'config', '--quiet'], { cwd: folder, encoding: 'utf8' });
  expect(said).toMatchObject({ status: 0, stderr: '' });
});
