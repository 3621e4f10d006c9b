import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { afterEach, beforeEach, expect, test } from 'vitest';

const module_ = fileURLToPath(new URL('log-output.ts', import.meta.url));
/** A process that logs a line of 100 bytes each millisecond, until it is killed. */
const program = `import { LogOutput } from ${JSON.stringify(module_)};
const output = new LogOutput();
let count = 0;
setInterval(() => output.write(JSON.stringify({ count: count++, filling: '#'.repeat(75) }) + '\\n'), 1);`;

let folder: string;
let child: ChildProcess | undefined;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'narwhal-log-'));
});
afterEach(() => {
  child?.kill('SIGKILL');
  rmSync(folder, { recursive: true });
});

function run(shell: string, text = program): ChildProcess {
  const env = { PROGRAM: text, LOG: join(folder, 'log'), NODE: process.execPath };
  return spawn('/bin/sh', ['-c', shell], { env, stdio: ['ignore', 'pipe', 'inherit'] });
}

interface Line {
  count?: number;
  lines?: number;
  msg?: string;
}
const parsed = (text: string): Line[] =>
  text
    .split('\n')
    .slice(0, -1)
    .map((line) => JSON.parse(line) as Line);

test('a log without room drops lines and goes on, and says how many as soon as there is room', async () => {
  const log = join(folder, 'log');
  writeFileSync(log, '');
  // A limit on the file simulates a full disk: writes fail in the same place.
  child = run(`trap '' XFSZ; ulimit -f 8; exec "$NODE" --input-type=module -e "$PROGRAM" >> "$LOG"`);
  let full = '';
  for (let last = '-'; full === '' || full !== last; await sleep(50))
    [last, full] = [full, readFileSync(log, 'utf8')];
  truncateSync(log);
  let after = '';
  while (!after.slice(1).includes('\n') || !after.endsWith('\n')) {
    after = readFileSync(log, 'utf8');
    await sleep(5);
  }
  expect(child.exitCode).toBeNull();
  const [told, next] = parsed(after.trimStart());
  const lastBefore = parsed(`${full.slice(0, full.lastIndexOf('\n'))}\n`).at(-1)?.count ?? NaN;
  expect(told?.msg).toBe('lines of this log could not be written');
  // A truncated line counts as dropped.
  expect(told?.lines).toBe((next?.count ?? NaN) - lastBefore - 1);
});

test('a log whose reader is gone ends nobody', async () => {
  const ending = program.replace('count++', 'count++ === 500 ? process.exit(7) : count');
  child = run(`exec "$NODE" --input-type=module -e "$PROGRAM"`, ending);
  const { stdout } = child;
  await new Promise((settle) => stdout?.once('data', settle));
  stdout?.destroy();
  expect(await new Promise((settle) => child?.once('exit', settle))).toBe(7);
});
