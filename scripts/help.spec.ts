import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { bareEnvironment } from '../test/harness/env.js';
import { readArguments } from '../libs/platform/src/command-line.ts';
import { overview, pages } from './help.ts';
import { root } from './install.mjs';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-help-'));
afterAll(() => rmSync(folder, { recursive: true }));

const { scripts } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
  scripts: Record<string, string>;
};

interface Told {
  code: number | null;
  stdout: string;
  stderr: string;
}

function narwhal(args: string[], settings: Record<string, string> = {}): Promise<Told> {
  const env = { ...bareEnvironment(), NARWHAL_DATA: join(folder, 'data'), ...settings };
  return new Promise((settle) => {
    const child = execFile(
      process.execPath,
      [join(root, 'scripts/narwhal.mjs'), ...args],
      { env },
      (_, stdout, stderr) => settle({ code: child.exitCode, stdout, stderr }),
    );
  });
}

test('every script of package.json is explained by `npm run help`', () => {
  const missing = Object.keys(scripts).filter(
    (name) => name !== 'help' && !overview().match(new RegExp(`(^|[ ,])${name}\\b`, 'm')),
  );
  expect(missing).toEqual([]);
  expect([...pages.keys()].filter((name) => !(name in scripts))).toEqual([]);
});

test('every command helps by --help, and refuses an option that it does not know', () => {
  for (const [name, { line }] of pages) {
    if (!line) continue;
    expect(line.usage.split('\n')[0]).toMatch(new RegExp(`^usage: npm run ${name}\\b`));
    expect(() => readArguments(['--help'], line)).toThrow(line.usage);
    expect(() => readArguments(['--dmeo'], line)).toThrow('but received "--dmeo"');
  }
});

test('help and refusals come before anything is built or started', async () => {
  const [help, all, suite, unknown, stranger, port] = await Promise.all([
    narwhal(['up', '--help']),
    narwhal(['help']),
    narwhal(['test', '--help']),
    narwhal(['up', '--dmeo']),
    narwhal(['upp']),
    narwhal(['up'], { PORT: 'abc' }),
  ]);
  expect([help, all, suite].map(({ code, stderr }) => [code, stderr])).toEqual([
    [0, ''],
    [0, ''],
    [0, ''],
  ]);
  expect(help.stdout).toMatch(/^usage: npm run up /);
  expect(suite.stdout).toMatch(/^usage: npm run test /);
  expect([unknown.code, unknown.stderr.split('\n')[0]]).toEqual([
    64,
    'expected one of --demo but received "--dmeo"',
  ]);
  expect([stranger.code, stranger.stderr.split('\n')[0]]).toEqual([
    1,
    'expected a command but received "upp"',
  ]);
  expect([port.code, port.stderr]).toEqual([1, 'expected a port (1-65535) for PORT but received "abc"\n']);
  expect(readdirSync(folder)).toEqual([]);
}, 60_000);
