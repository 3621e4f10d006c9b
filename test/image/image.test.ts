import { execFileSync } from 'node:child_process';
import {
  closeSync,
  copyFileSync,
  mkdirSync,
  openSync,
  readFileSync,
  readlinkSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freePort } from '../../tools/dev/ports.ts';
import { makePackage } from '../../tools/package/package.ts';
import { composeFolder, readCompose, type Service } from '../harness/compose.js';
import { freshDatabase, type TestDatabase } from '../harness/database.js';
import { patient } from '../harness/pace.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { ownRedis, type OwnRedis } from '../harness/redis.js';
import { servers } from '../harness/servers.js';
import { Container, runOnce, tell, volume, whyNot } from './containers.js';

const reason = whyNot();
if (reason) console.warn(`The tests of the image are skipped: ${reason}`);
const image = 'narwhal:9.8.7';

describe.skipIf(reason)('the image', () => {
  const { services } = readCompose();
  const running: Container[] = [];
  let file: string;
  let database: TestDatabase;
  let redis: OwnRedis;
  let secrets: string;
  let objects: string;
  let url: string;
  let ada: Person;

  function serviceOf(name: string): Service {
    const service = services[name];
    if (!service) throw new Error(`expected a service ${name} in compose.yaml`);
    return service;
  }

  /** A service's settings and secrets, as compose.yaml has them but for this run's addresses. */
  function options(name: string, changes: Record<string, string> = {}): string[] {
    const { environment = {}, secrets: named = [] } = serviceOf(name);
    const settings = Object.entries({ ...environment, ...changes });
    return [
      ...settings.map(([setting, value]) => `--env=${setting}=${value ?? ''}`),
      ...named.map((secret) => `--volume=${join(secrets, secret)}:/run/secrets/${secret}:ro`),
    ];
  }

  /** Starts a service, and waits until its health check succeeds. */
  async function start(name: string, ...more: string[]): Promise<Container> {
    const metrics = await freePort();
    const here = {
      HOST: '127.0.0.1',
      PORT: new URL(url).port,
      PUBLIC_URL: url,
      REDIS_URL: redis.url,
      METRICS_ADDR: `0.0.0.0:${metrics}`,
      WORKER_METRICS_ADDR: `0.0.0.0:${metrics}`,
    };
    const stored = `--volume=${objects}:/var/lib/narwhal/objects`;
    const container = new Container(
      metrics,
      [...options(name, here), stored, ...more, image],
      serviceOf(name).command ?? [],
    );
    running.push(container);
    try {
      await vi.waitFor(() => container.beHealthy(), { timeout: patient(40_000), interval: 500 });
    } catch (error) {
      throw new Error(`${name} is not healthy; it said:\n${container.log}`, { cause: error });
    }
    return container;
  }

  const health = async ({ metrics }: Container) => {
    const answer = await fetch(`http://127.0.0.1:${metrics}/health`);
    return (await answer.json()) as { sentences: { text: string }[] };
  };

  beforeAll(async () => {
    const folder = join(servers().folder, 'image');
    mkdirSync(folder);
    [database, redis] = await Promise.all([freshDatabase('empty'), ownRedis('image-redis')]);
    url = `http://127.0.0.1:${await freePort()}`;
    objects = volume('objects');
    copyFileSync(join(composeFolder, 'make-secrets'), join(folder, 'make-secrets'));
    execFileSync(join(folder, 'make-secrets'));
    secrets = join(folder, 'secrets');
    writeFileSync(join(secrets, 'database-url'), `${database.url}\n`);
    writeFileSync(join(secrets, 'database-direct-url'), `${database.operatorUrl}\n`);
    file = await makePackage({ version: '9.8.7', output: folder, compression: 'quick', image: true });
    await tell('load', '--quiet', '--input', file);
  }, patient(240_000));

  afterAll(async () => {
    await Promise.all(running.map((container) => container.stop()));
    await Promise.all([redis.stop(), database.close()]);
  });

  test('is below 300 MB, of nobody who may do anything, and says what it is and how to tell whether it is well', async () => {
    expect(statSync(file).size).toBeLessThan(300e6);
    const [said] = JSON.parse(await tell('image', 'inspect', image)) as object[];
    expect(said).toMatchObject({
      Config: { User: '10001:10001' },
      Healthcheck: { Test: ['CMD', 'narwhal', 'healthy'] },
      Labels: { 'org.opencontainers.image.version': '9.8.7' },
    });
    expect(await runOnce(image, 'version')).toContain('9.8.7');
    await expect(runOnce(image, 'serve')).rejects.toMatchObject({ code: 64 });
  });

  test('has a bill of materials of npm’s packages and of Debian’s', async () => {
    const text = await runOnce('--entrypoint=cat', image, '/usr/share/doc/narwhal/sbom.cdx.json');
    const { components } = JSON.parse(text) as { components: { purl: string }[] };
    for (const name of ['npm/sharp', 'npm/fastify', 'deb/debian/libc6', 'deb/debian/bubblewrap'])
      expect(components.filter(({ purl }) => purl.startsWith(`pkg:${name}@`))).toHaveLength(1);
  });

  test('migrates, and then is at its end', async () => {
    const said = await runOnce(...options('migrate'), image, 'migrate');
    expect(said).toMatch(/^applied Ids/);
    expect(said).toContain('the schema is up to date');
  });

  test('writes a configuration that NGINX takes, for nobody else to read', async () => {
    const { entrypoint = [], command = [] } = serviceOf('nginx-configuration');
    const nginx = volume('nginx');
    const words = [...entrypoint.slice(1), ...command];
    const mounted = `--volume=${nginx}:/var/lib/narwhal/nginx`;
    await runOnce(
      ...options('nginx-configuration'),
      mounted,
      `--entrypoint=${entrypoint[0]}`,
      image,
      ...words,
    );
    const written = join(nginx, 'nginx.conf');
    expect(statSync(written).mode & 0o777).toBe(0o600);
    expect(['access.log', 'error.log'].map((name) => readlinkSync(join(nginx, name)))).toEqual([
      '/dev/stdout',
      '/dev/stderr',
    ]);
    const here = join(nginx, 'here.conf');
    writeFileSync(here, readFileSync(written, 'utf8').replaceAll('/var/lib/narwhal/nginx', nginx));
    // Its logs are what it is given as outputs, which it opens by name: files, as sockets cannot be.
    const said = openSync(join(nginx, 'said'), 'w');
    execFileSync('nginx', ['-t', '-q', '-e', 'stderr', '-c', here], { stdio: ['ignore', said, said] });
    closeSync(said);
  });

  test('serves, develops a photo without the wall that this runtime refuses, and says so where operators look', async () => {
    const [api, worker] = await Promise.all([
      start('api1'),
      start('worker', '--volume=/dev/null:/usr/bin/bwrap:ro'),
    ]);
    ada = await signUp({ url }, 'ada');
    expect(await api.do('admin', 'grant', 'ada')).toContain('ada');
    expect(await ada.upload(await drawn({ seed: 1 }))).toMatchObject({ state: 'ready' });
    expect(worker.log).toContain('opens photos without a wall');
    await expect
      .poll(async () => (await health(api)).sentences.map(({ text }) => text).join('\n'), {
        timeout: patient(30_000),
      })
      .toContain('opens photos without a wall');
    const all = await fetch(`http://127.0.0.1:${api.metrics}/metrics/all`);
    expect(await all.text()).toMatch(/^narwhal_process_start_time_seconds\{process="worker@/m);
    expect(await worker.stop()).toBe(0);
    expect(worker.log).toContain('the worker has stopped');
  });

  test('develops behind a wall where the runtime allows one, else says why, and ends with its work done', async () => {
    const worker = await start('worker');
    expect(await ada.upload(await drawn({ seed: 2 }))).toMatchObject({ state: 'ready' });
    if (worker.log.includes('without a wall')) console.warn(`no wall in containers here: ${worker.log}`);
    expect(await Promise.all(running.map((container) => container.stop()))).toEqual(running.map(() => 0));
  });
});
