import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'vite';
import { afterAll, afterEach, beforeAll, expect, test } from 'vitest';
import { PASSWORD, signUp, type Person } from '../harness/people.js';
import { patient } from '../harness/pace.js';
import { drawn } from '../harness/pictures.js';
import { sharedStack } from '../harness/shared-stack.js';
import type { Stack } from '../harness/stack.js';
import { Tunnel } from '../harness/tunnel.js';
import { browser, PageServer } from './browser.ts';

const root = join(import.meta.dirname, '../..');
const client = join(root, 'packages/client');
/** A stranger's new folder, with nothing but what they installed. */
const folder = mkdtempSync(join(tmpdir(), 'narwhal-client-'));
const readme = readFileSync(join(client, 'README.md'), 'utf8');
/** The README's first example, as it stands. */
const [, example = ''] = /```ts\n([\s\S]*?)```/.exec(readme) ?? [];

let stack: Stack;
let ada: Person;
let grace: Person;
let photo: Buffer;
const children: ChildProcess[] = [];

beforeAll(async () => {
  stack = await sharedStack();
  ada = await signUp(stack, 'ada');
  grace = await signUp(stack, 'grace');
  await grace.follow(ada);
  photo = (await drawn({ seed: 40, width: 2400, height: 1600 })).bytes;
  const npm = (where: string, ...args: string[]) =>
    execFileSync('npm', args, { cwd: where, encoding: 'utf8' });
  npm(client, 'pack', '--pack-destination', folder, '--silent');
  writeFileSync(join(folder, 'package.json'), JSON.stringify({ private: true, type: 'module' }));
  const packed = readdirSync(folder).find((name) => name.endsWith('.tgz')) ?? '';
  npm(folder, 'install', '--ignore-scripts', '--no-audit', '--no-fund', join(folder, packed));
});
afterEach(() => children.splice(0).forEach((child) => child.kill('SIGKILL')));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** The example, with another address and person, and what it says to `console.log` handed to `log`. */
const asWritten = (server: string) =>
  example
    .replace('http://localhost:3000', server)
    .replace("'ada', 'Nine hares hop by night'", `'${ada.user.username}', '${PASSWORD}'`);

/** It reads the feed, and then hears what others do for as long as it runs. */
async function expectToWork(logged: () => string): Promise<void> {
  await expect.poll(logged, { timeout: patient(60_000) }).toContain(`${ada.user.username} Wrapped in #fog`);
  await stack.folded();
  const [post] = (await grace.feed()).items;
  expect(post).toMatchObject({ caption: 'Wrapped in #fog', photos: [{ altText: 'Fog over the harbour' }] });
  if (post) await grace.like(post);
  await expect.poll(logged, { timeout: patient(60_000) }).toMatch(/notification/);
  if (post) await ada.request('delete', `/v1/posts/${post.id}`).expect(204);
}

test('the example of the README compiles strictly with the installed types', () => {
  writeFileSync(join(folder, 'example.ts'), `declare const file: File;\n${example}`);
  const options = [
    '--noEmit',
    '--strict',
    '--target',
    'es2022',
    '--module',
    'nodenext',
    '--lib',
    'es2023,dom,dom.asynciterable',
  ];
  const compiler = join(root, 'node_modules/typescript-7/bin/tsc');
  expect(() =>
    execFileSync(process.execPath, [compiler, ...options, '--types', '', 'example.ts'], { cwd: folder }),
  ).not.toThrow();
});

/** The oldest Node that the README names, where the machine has it; undefined is none. */
const node20 = ['/usr/bin/node', '/usr/local/bin/node'].find(
  (path) => existsSync(path) && execFileSync(path, ['--version'], { encoding: 'utf8' }).startsWith('v20.'),
);

test.skipIf(!node20)('the example of the README runs on Node 20, through a line that is cut', async () => {
  await expectToRun(node20 ?? '');
});

test("the example of the README runs on this project's Node, through a line that is cut", async () => {
  await expectToRun(process.execPath);
});

async function expectToRun(node: string): Promise<void> {
  const line = await Tunnel.open([stack.url]);
  const given = `
    import { readFileSync } from 'node:fs';
    const file = new Blob([readFileSync('photo.jpg')]);
    const stored = new Map();
    globalThis.localStorage = { getItem: (key) => stored.get(key) ?? null, setItem: (key, text) => stored.set(key, text) };`;
  writeFileSync(join(folder, 'photo.jpg'), photo);
  writeFileSync(join(folder, 'example.mjs'), `${given}\n${asWritten(line.url)}`);
  const child = spawn(node, ['example.mjs'], { cwd: folder });
  children.push(child);
  let text = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (text += chunk.toString()));
  await line.cutDuring(() => expectToWork(() => text));
  await line.close();
}

test.skipIf(!browser)('the example of the README runs in Chromium, through a line that is cut', async () => {
  const line = await Tunnel.open([stack.url]);
  const given = `
    console.log = (...said) => navigator.sendBeacon('/log', said.join(' '));
    addEventListener('unhandledrejection', ({ reason }) => console.log(String(reason?.stack ?? reason)));
    const file = await (await fetch('/photo.jpg')).blob();`;
  const [imported = '', ...rest] = asWritten(line.url).split('\n');
  writeFileSync(join(folder, 'page.js'), [imported, given, ...rest].join('\n'));
  const page = await PageServer.open(await bundled(join(folder, 'page.js'), []), photo);
  children.push(page.visit(join(folder, 'profile')));
  await line.cutDuring(() => expectToWork(() => page.logged));
  await page.close();
  await line.close();
});

test('it weighs at most 10 kB in an application, without tus', async () => {
  const code = await bundled(join(folder, 'node_modules/@narwhal/client/dist/index.js'), ['tus-js-client']);
  expect(gzipSync(code, { level: 9 }).length).toBeLessThanOrEqual(10_000);
});

/** One minified module for browsers. */
async function bundled(entry: string, external: string[]): Promise<string> {
  const result = await build({
    root: folder,
    configFile: false,
    logLevel: 'silent',
    build: {
      write: false,
      minify: true,
      target: 'es2022',
      lib: { entry, formats: ['es'] },
      rolldownOptions: { external },
    },
  });
  const [{ output } = { output: [] }] = (Array.isArray(result) ? result : [result]) as {
    output: { code?: string }[];
  }[];
  return output.map(({ code = '' }) => code).join('');
}
