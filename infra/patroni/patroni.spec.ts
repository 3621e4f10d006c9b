import { expect, test } from 'vitest';
import { etcdEnvironment, haproxyConfiguration, patroniConfiguration } from './configuration.js';
import { readOptions, type PatroniOptions } from './options.js';

const members = ['one', 'two', 'three'].flatMap((name, at) => ['--member', `${name}=10.0.1.1${at + 1}`]);
const options = (...args: string[]): PatroniOptions =>
  readOptions([...args, ...members], () => 'secret\n')[1];
const node = (...args: string[]) =>
  options('patroni.yml', '--name', 'two', '--password', '/secret', '--network', '10.0.0.0/16', ...args);

interface Written {
  etcd: { hosts: string[] };
  bootstrap: { dcs: Record<string, unknown> };
  postgresql: { listen: string; pg_hba: string[] };
}
const written = (given: PatroniOptions): Written =>
  JSON.parse(patroniConfiguration(given).replace(/^#.*\n/, '')) as Written;

test('a node is synchronous, finds etcd by its v2 API, and listens on its own address', () => {
  const found = written(node());
  expect(found).toMatchObject({
    name: 'two',
    etcd: { hosts: ['10.0.1.11:2379', '10.0.1.12:2379', '10.0.1.13:2379'] },
    bootstrap: { dcs: { synchronous_mode: true, ttl: 10, loop_wait: 1, retry_timeout: 3 } },
    postgresql: { listen: '10.0.1.12:5432', authentication: { superuser: { password: 'secret' } } },
  });
  expect(found).not.toHaveProperty('etcd3');
  expect(etcdEnvironment(node())).toContain('ETCD_ENABLE_V2=true\n');
  expect(written(node('--etcd', '10.0.2.1')).etcd.hosts).toEqual(['10.0.2.1:2379']);
});

test('Patroni has a password of its own, and who replaces a lost member joins the others', () => {
  const [, given] = readOptions(
    [
      'patroni.yml',
      '--name',
      'two',
      '--password',
      'members',
      '--rest',
      'rest',
      '--state',
      'existing',
      ...members,
    ],
    (file) => `secret of ${file}\n`,
  );
  expect(written(given)).toMatchObject({
    restapi: { authentication: { password: 'secret of rest' } },
    postgresql: { authentication: { superuser: { password: 'secret of members' } } },
  });
  expect(etcdEnvironment(given)).toContain('ETCD_INITIAL_CLUSTER_STATE=existing\n');
  expect(etcdEnvironment(node())).toContain('ETCD_INITIAL_CLUSTER_STATE=new\n');
});

test('no statement_timeout is set: it would confirm writes that no replica has', () => {
  expect(JSON.stringify(written(node()))).not.toContain('statement_timeout');
});

test('from the network come api and worker alone; the superuser from the node itself', () => {
  const { pg_hba: lines } = written(node()).postgresql;
  expect(lines.filter((line) => line.includes('10.0.0.0/16'))).toEqual([
    'host all narwhal,narwhal_serving 10.0.0.0/16 scram-sha-256',
  ]);
  expect(lines.filter((line) => line.includes(' postgres 10'))).toEqual([
    'host all postgres 10.0.1.12/32 scram-sha-256',
  ]);
  expect(lines.join()).not.toContain('trust');
});

test('HAProxy sends writes to the one that leads, and reads in the gap to a synchronous replica alone', () => {
  const text = haproxyConfiguration(options('haproxy.cfg'));
  expect(text).toMatch(/listen primary\n {2}bind 127\.0\.0\.1:5000\n[^]*uri \/primary\n/);
  expect(text).toMatch(/listen replica\n {2}bind 127\.0\.0\.1:5001\n[^]*uri \/synchronous\n/);
  expect(text.match(/ {2}server (one|two|three) 10\.0\.1\.1[123]:5432\n/g)).toHaveLength(3);
  expect(text.match(/ {2}server (one|two|three) 10\.0\.1\.1[123]:5432 inter 250ms fall 1\n/g)).toHaveLength(
    3,
  );
});

test('what is amiss is said by name', () => {
  const refused = (...args: string[]) => expect(() => readOptions(args, () => '')).toThrow(/^expected /);
  refused('postgres.yml', ...members);
  refused('haproxy.cfg');
  refused('etcd.env', '--name', 'four', ...members);
  refused('patroni.yml', '--name', 'one', ...members);
  refused('haproxy.cfg', '--member', 'one');
  refused('haproxy.cfg', '--member', 'one=10.0.1.11"');
});
