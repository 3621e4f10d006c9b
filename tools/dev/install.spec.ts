import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from './install.mjs';

const folder = mkdtempSync(join(tmpdir(), 'narwhal-install-'));
const [hold, modules] = [join(folder, 'hold'), join(folder, 'clone', 'node_modules')];
const mark = join(modules, '.narwhal-installing');
const npm = (args: string[], cwd: string) => execFileSync('npm', args, { cwd, stdio: 'pipe' });

/** A package whose one dependency keeps installing until the file `hold` is removed. */
beforeAll(() => {
  const [clone, slow] = [join(folder, 'clone'), join(folder, 'slow')];
  for (const path of [clone, slow]) mkdirSync(path);
  const wait = `setInterval(() => require('fs').existsSync('${hold}') || process.exit(), 20)`;
  writeFileSync(join(slow, 'wait.js'), wait);
  const scripts = { postinstall: 'node wait.js' };
  writeFileSync(join(slow, 'package.json'), JSON.stringify({ name: 'slow', version: '1.0.0', scripts }));
  npm(['pack', '--pack-destination', clone], slow);
  const dependencies = { slow: 'file:slow-1.0.0.tgz' };
  writeFileSync(
    join(clone, 'package.json'),
    JSON.stringify({ name: 'clone', version: '1.0.0', dependencies }),
  );
  npm(['install', '--package-lock-only', '--offline'], clone);
});
afterAll(() => {
  rmSync(hold, { force: true });
  rmSync(folder, { recursive: true, force: true });
});

/** The first thing that a launcher command does. */
function command() {
  const text = `import { installPackage } from '${join(root, 'tools', 'dev', 'install.mjs')}'; await installPackage('${join(folder, 'clone')}');`;
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { detached: true });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)));
  const saying = async (words: string) => {
    while (!said.includes(words)) await sleep(20);
  };
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, said }));
  return { child, ended, saying };
}

/** Begins an install and kills it, with npm or without, when npm has unpacked and waits. */
async function cutOff(what: 'all' | 'command'): Promise<void> {
  writeFileSync(hold, '');
  const { child, ended } = command();
  while (!existsSync(join(modules, 'slow', 'wait.js')) || !existsSync(mark)) await sleep(20);
  process.kill(what === 'all' ? -(child.pid ?? 0) : (child.pid ?? 0), 'SIGKILL');
  if (what === 'all') await ended;
}

test('an install that was killed is begun anew by the next command, which says so', async () => {
  await cutOff('all');
  writeFileSync(join(modules, 'half'), '');
  rmSync(hold);
  const { code, said } = await command().ended;
  expect([code, said]).toEqual([0, expect.stringContaining(`An install was cut off in ${modules}`)]);
  expect([existsSync(join(modules, 'half')), existsSync(mark)]).toEqual([false, false]);
  expect(await command().ended).toEqual({ code: 0, said: '' });
});

test('so is one that npm was told by hand, of which nothing is noted', async () => {
  rmSync(join(modules, '.package-lock.json'));
  rmSync(join(modules, 'slow'), { recursive: true });
  expect((await command().ended).said).toContain('was cut off');
});

test('an npm that was left running is waited for', async () => {
  rmSync(modules, { recursive: true });
  await cutOff('command');
  const [pid] = readFileSync(mark, 'utf8').split(' ');
  const { ended, saying } = command();
  await saying(`Waiting for npm (process ${pid})`);
  rmSync(hold);
  const { code, said } = await ended;
  expect(code).toBe(0);
  expect(said).not.toContain('cut off');
});
