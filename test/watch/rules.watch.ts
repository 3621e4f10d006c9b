import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../../scripts/install.mjs';
import { run } from './programs.js';

const folder = join(root, 'infra', 'alerts');

test('promtool finds every alert to fire beyond its level, and to be quiet before', () => {
  expect(run('promtool', ['check', 'rules', join(folder, 'narwhal.rules.yml')])).toContain('SUCCESS');
  expect(run('promtool', ['test', 'rules', join(folder, 'narwhal.tests.yml')])).toContain('SUCCESS');
}, 240_000);
