import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { root } from '../dev/install.mjs';
import { architectureOf, builtFor, isForeign } from './architecture.js';

const named = (architecture: string) =>
  builtFor(architectureOf(architecture)).map(({ path }) => path.replace(/^.*node_modules\//, ''));

test('knows each native package of both architectures, with glibc', () => {
  const amd64 = named('amd64');
  expect(amd64).toContain('@img/sharp-linux-x64');
  expect(named('arm64')).toEqual(amd64.map((name) => name.replace('x64', 'arm64')).toSorted());
  expect(amd64.join()).not.toContain('musl');
});

test('takes what is installed here as its own, and nothing of another', () => {
  const own = architectureOf();
  for (const { path } of builtFor(own)) {
    expect(existsSync(join(root, path))).toBe(true);
    expect(isForeign(path, own)).toBe(false);
  }
  const other = architectureOf(own.node === 'x64' ? 'arm64' : 'x64');
  expect(builtFor(own).every(({ path }) => isForeign(path, other))).toBe(true);
  expect(isForeign('node_modules/fastify', other)).toBe(false);
});

test('refuses what Narwhal is not made for', () => {
  expect(() => architectureOf('riscv64')).toThrow(
    'expected amd64 or arm64 as architecture but received "riscv64"',
  );
});
