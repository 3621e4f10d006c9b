import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test, vi } from 'vitest';
import { bareEnvironment } from '../../test/harness/env.js';
import { readArguments } from '../../libs/platform/src/command-line.ts';
import { checkArguments, overview, pages } from './help.ts';
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
      [join(root, 'tools/dev/narwhal.mjs'), ...args],
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
  const [all, stranger, port] = await Promise.all([
    narwhal(['help']),
    narwhal(['upp']),
    narwhal(['up'], { PORT: 'abc' }),
  ]);
  expect([all.code, all.stderr]).toEqual([0, '']);
  expect([stranger.code, stranger.stderr.split('\n')[0]]).toEqual([
    1,
    'expected a command but received "upp"',
  ]);
  expect([port.code, port.stderr]).toEqual([1, 'expected a port (1-65535) for PORT but received "abc"\n']);
  expect(readdirSync(folder)).toEqual([]);
}, 60_000);

test.each([
  ['up', 'one of --demo'],
  ['migrate', 'no option'],
  ['admin', 'one of --reason'],
  ['storage', 'one of --originals, --fix, --all, --older, --rejected'],
  ['top', 'one of --once'],
  ['doctor', 'no option'],
  ['bench', 'no option'],
  ['test', 'an option of Vitest'],
  ['test:model', 'an option of Vitest'],
  ['test:faults', 'an option of Vitest'],
  ['test:edge', 'an option of Vitest'],
])(
  'npm run %s helps, and refuses by name what is none of its options: both where nothing runs',
  async (name, wanted) => {
    const [help, unknown] = await Promise.all([narwhal([name, '--help']), narwhal([name, '--dmeo'])]);
    expect([help.code, help.stderr]).toEqual([0, '']);
    expect(help.stdout).toMatch(new RegExp(`^usage: npm run ${name} ?`));
    expect([unknown.code, unknown.stdout]).toEqual([64, '']);
    expect(unknown.stderr.split('\n').slice(0, 2)).toEqual([`expected ${wanted} but received "--dmeo"`, '']);
    expect(readdirSync(folder)).toEqual([]);
  },
);

test("what is one of Vitest's options is let through, however it is spelt", () => {
  const exit = vi.spyOn(process, 'exit').mockImplementation(() => expect.fail('it was refused'));
  checkArguments('test', [
    '-t',
    'feed',
    '--reporter=dot',
    '--no-file-parallelism',
    '--sequence.seed',
    '3',
    'libs',
  ]);
  exit.mockRestore();
});
