import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import tls from 'node:tls';
import { Cluster, Redis } from 'ioredis';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { freeClusterPort } from '../../../test/servers/redis-cluster.js';
import { endProcess, launch, type Launched } from '../../../tools/dev/processes.js';
import { stopRedis } from '../../../tools/dev/redis.js';
import { ensureProgram } from '../../../tools/dev/system-packages.js';
import { servers } from '../../../test/harness/servers.js';
import { openClient } from './redis-link.js';
import { patient } from '../../../test/harness/pace.js';

const password = 'p%s+w';
let port: number;
let server: Launched;
const trusted = tls.getCACertificates('default');

/** A cluster of one node that accepts only TLS, with a self-signed certificate, as managed ones do. */
beforeAll(async () => {
  const folder = join(servers().folder, 'tls-cluster');
  mkdirSync(folder);
  const [key, certificate] = [join(folder, 'key.pem'), join(folder, 'certificate.pem')];
  const request = [
    'req',
    '-x509',
    '-newkey',
    'ec',
    '-pkeyopt',
    'ec_paramgen_curve:prime256v1',
    '-nodes',
    '-days',
    '1',
  ];
  const names = ['-subj', '/CN=redis', '-addext', 'subjectAltName=IP:127.0.0.1'];
  execFileSync('openssl', [...request, ...names, '-keyout', key, '-out', certificate], { stdio: 'ignore' });
  tls.setDefaultCACertificates([readFileSync(certificate, 'utf8')]);
  port = await freeClusterPort();
  const lines = [
    'bind 127.0.0.1',
    'port 0',
    `tls-port ${port}`,
    `tls-cert-file ${certificate}`,
    `tls-key-file ${key}`,
    `tls-ca-cert-file ${certificate}`,
    'tls-auth-clients no',
    'tls-cluster yes',
    `dir "${folder}"`,
    'save ""',
    'cluster-enabled yes',
    'cluster-announce-ip 127.0.0.1',
    `requirepass "${password}"`,
  ];
  server = await launch({
    command: ensureProgram('redis-server', 'redis-server'),
    args: ['-'],
    input: `${lines.join('\n')}\n`,
    logFile: join(folder, 'redis.log'),
    cwd: '/',
  });
});
afterAll(async () => {
  await endProcess(server, stopRedis);
  tls.setDefaultCACertificates(trusted);
});

describe('a Redis Cluster behind TLS', () => {
  test('is reached by rediss+cluster, its certificate checked', async () => {
    const single = new Redis({ host: '127.0.0.1', port, password, tls: {} }).on('error', () => undefined);
    await single.call('CLUSTER', 'ADDSLOTSRANGE', 0, 16_383);
    const isWhole = async () => expect(await single.call('CLUSTER', 'INFO')).toContain('cluster_state:ok');
    await vi.waitFor(isWhole, { timeout: patient(10_000) });
    const client = openClient(`rediss+cluster://:${encodeURIComponent(password)}@127.0.0.1:${port}`, 2_000);
    expect(client).toBeInstanceOf(Cluster);
    // Its promise stays pending when the first attempt meets the node's unfinished connection and ioredis opens another.
    const isUp = once(client, 'ready');
    void client.connect();
    await isUp;
    await client.set('k', 'v');
    expect(await client.get('k')).toBe('v');
    client.disconnect();
    single.disconnect();
  });
});
