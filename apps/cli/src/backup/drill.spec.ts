import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { removeLeft } from './drill.js';

test('a drill removes what killed drills left, and nothing of one that runs', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'narwhal-left-'));
  const script = 'process.stdout.write("."); process.stdin.resume()';
  const start = async () => {
    const child = spawn(process.execPath, ['-e', script, 'backup', 'drill'], {
      stdio: ['pipe', 'pipe', 'ignore'],
    });
    await once(child.stdout, 'data');
    return child;
  };
  const [running, killed] = await Promise.all([start(), start()]);
  killed.kill('SIGKILL');
  await once(killed, 'exit');
  const own = `narwhal-drill-${running.pid}-a`;
  // A later process may have the number of one that was killed: this one makes no drill.
  for (const name of [own, `narwhal-drill-${killed.pid}-a`, `narwhal-drill-${process.pid}-a`, 'other'])
    await mkdir(join(folder, name, 'postgres'), { recursive: true });
  await removeLeft(folder);
  expect((await readdir(folder)).toSorted()).toEqual([own, 'other'].toSorted());
  running.stdin.end();
  await once(running, 'exit');
  await rm(folder, { recursive: true });
});
