import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { root } from '../../tools/dev/install.mjs';
import { built, run } from './programs.js';
import { patient } from '../harness/pace.js';
import { servers } from '../harness/servers.js';

vi.setConfig({ testTimeout: patient(240_000) });

const alerts = join(root, 'infra', 'alerts');

test('promtool finds every alert to fire beyond its level, and to be quiet before', () => {
  expect(run('promtool', ['check', 'rules', join(alerts, 'narwhal.rules.yml')])).toContain('SUCCESS');
  expect(run('promtool', ['test', 'rules', join(alerts, 'narwhal.tests.yml')])).toContain('SUCCESS');
});

test('Prometheus finds processes by a name, and by a file that grows while it runs', () => {
  const folder = join(servers().folder, 'discovery');
  const key = join(servers().folder, 'pagerduty-key');
  writeFileSync(key, 'a'.repeat(32));
  const file = join(folder, 'workers.json');
  const found = [
    '--api',
    'dns:api.narwhal.internal:9464',
    '--api',
    '10.0.0.7:9464',
    '--worker',
    `file:${file}`,
  ];
  const site = ['--site', 'https://photos.example.org', '--pagerduty-key-file', key];
  run(process.execPath, [built('infra', 'alerts', 'configure.js'), '--folder', folder, ...site, ...found]);
  writeFileSync(file, '[{ "targets": ["10.0.0.8:9465", "10.0.0.9:9465"] }]');
  expect(run('promtool', ['check', 'config', join(folder, 'prometheus.yml')])).toContain('SUCCESS');
  expect(
    run('promtool', [
      'check',
      'service-discovery',
      '--timeout=3s',
      join(folder, 'prometheus.yml'),
      'narwhal-worker',
    ]),
  ).toContain('10.0.0.9:9465');
});
