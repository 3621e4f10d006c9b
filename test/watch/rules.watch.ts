import { join } from 'node:path';
import { expect, test, vi } from 'vitest';
import { root } from '../../tools/dev/install.mjs';
import { run } from './programs.js';
import { patient } from '../harness/pace.js';

vi.setConfig({ testTimeout: patient(240_000) });

const folder = join(root, 'infra', 'alerts');

test('promtool finds every alert to fire beyond its level, and to be quiet before', () => {
  expect(run('promtool', ['check', 'rules', join(folder, 'narwhal.rules.yml')])).toContain('SUCCESS');
  expect(run('promtool', ['test', 'rules', join(folder, 'narwhal.tests.yml')])).toContain('SUCCESS');
});
