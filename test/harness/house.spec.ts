import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { RuleTester } from 'oxlint/plugins-dev';
import { afterAll, describe, expect, test } from 'vitest';
import { root } from '../../tools/dev/install.mjs';

const files = ['apps', 'libs', 'tools', 'test', 'bench']
  .map((folder) => join(root, folder))
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => readdirSync(folder, { recursive: true, withFileTypes: true }))
  .filter(
    (entry) =>
      entry.isFile() &&
      /\.(ts|mjs)$/.test(entry.name) &&
      !/node_modules|journeys\/generated/.test(entry.parentPath),
  )
  .map((entry) => join(entry.parentPath, entry.name));

test('a lint rule that is suppressed has the reason beside it', () => {
  const bare = files.flatMap((file) =>
    readFileSync(file, 'utf8')
      .split('\n')
      .filter((line) => /\/[/*] (ox|es)lint-disable/.test(line) && !/-- .{10}/.test(line))
      .map((line) => `${file}: ${line.trim()}`),
  );
  expect(bare).toEqual([]);
});

const pages = ['', 'docs', 'docs/decisions', 'docs/measurements', 'docs/runbooks', 'packages/client'].flatMap(
  (folder) =>
    readdirSync(join(root, folder))
      .filter((name) => name.endsWith('.md'))
      .map((name) => join(folder, name)),
);

/** The files that a page links to; links that lead out of the repository are the forge’s. */
const linked = (page: string): string[] =>
  [...readFileSync(join(root, page), 'utf8').matchAll(/\]\((?!https?:|mailto:)([^)#\s]+)/g)].map(([, to]) =>
    join(page, '..', to ?? ''),
  );

test('every link of a page leads to a file', () => {
  const dead = pages.flatMap((page) =>
    linked(page)
      .filter((to) => !to.startsWith('..') && !existsSync(join(root, to)))
      .map((to) => `${page}: ${to}`),
  );
  expect(dead).toEqual([]);
});

test('every page of docs/ is in the operators’ list', () => {
  const listed = new Set(linked('docs/operating.md'));
  const own = pages.filter((page) => /^docs\/[\w-]+\.md$/.test(page) && page !== 'docs/operating.md');
  expect(own.filter((page) => !listed.has(page))).toEqual([]);
});

type Rule = Parameters<RuleTester['run']>[1];
const { default: house } = (await import(join(root, '.oxlint', 'house.mjs'))) as {
  default: { rules: Record<'no-silent-catch' | 'no-stray-doc' | 'room-has-spec', Rule> };
};
RuleTester.describe = describe;
RuleTester.it = test;
new RuleTester().run('what drops a failure says why', house.rules['no-silent-catch'], {
  valid: [
    'forget().catch((error) => report(error));',
    'try { forget(); } catch { return stale(); }',
    'forget().catch(() => refuse());',
    '// It is asked for again with the next page.\nforget().catch(() => undefined);',
    'try { forget(); } catch {\n  // It is asked for again with the next page.\n}',
    'const ends = await Promise.allSettled(all);',
  ],
  invalid: [
    'forget().catch(() => undefined);',
    'const found = await forget().catch(() => null);',
    'forget().catch(() => {});',
    'forget().then(go, () => false);',
    'try { forget(); } catch {}',
    'async function all() { await Promise.allSettled(each); }',
  ].map((code) => ({ code, errors: 1 })),
});

new RuleTester().run('a doc comment is of the next line', house.rules['no-stray-doc'], {
  valid: [
    '/** How many. */\nconst count = 1;',
    '// Of the whole file.\n\nconst count = 1;',
    '/** @typedef {number} Count */\n\nconst count = 1;',
    'const count = /** as it is */ 1;',
  ],
  invalid: [
    '/** Of the whole file. */\n\nconst count = 1;',
    '/** One. */\n/** Another. */\nconst count = 1;',
    'class Count {\n  one = 1;\n  /** Of nothing. */\n}',
  ].map((code) => ({ code, errors: 1 })),
});

const inn = mkdtempSync(join(tmpdir(), 'narwhal-house-'));
afterAll(() => rmSync(inn, { recursive: true }));
for (const file of ['kitchen/cook.ts', 'kitchen/stove/hot.spec.ts', 'cellar/barrel.ts', 'cellar/wine.ts']) {
  mkdirSync(join(inn, 'apps/inn/src', file, '..'), { recursive: true });
  writeFileSync(join(inn, 'apps/inn/src', file), '');
}
const inRoom = (file: string, ...without: string[]) => ({
  code: 'let one;',
  filename: join(inn, 'apps/inn/src', file),
  options: [{ without: without.map((room) => `apps/inn/src/${room}`) }],
});
new RuleTester().run(
  'a room has a spec, or is listed for as long as it has none',
  house.rules['room-has-spec'],
  {
    valid: [inRoom('kitchen/cook.ts'), inRoom('cellar/barrel.ts', 'cellar'), inRoom('cellar/wine.ts')],
    invalid: [inRoom('cellar/barrel.ts'), inRoom('kitchen/cook.ts', 'kitchen')].map((room) => ({
      ...room,
      errors: 1,
    })),
  },
);
