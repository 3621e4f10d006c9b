import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildChild } from '../../../test/fixtures/built-child.js';
import { plain } from '../../../test/fixtures/photos.js';
import { DevelopPool, type DevelopPoolOptions } from './develop-pool.js';
import type { DevelopLimits } from './developed.js';
import { DevelopCrash, DevelopFailed } from './faults.js';

const limits: DevelopLimits = { pixels: 1e8, formats: ['image/jpeg'], developSeconds: 20, childMemory: 1e9 };

let folder: string;
let childFile: string;
let small: string;
/** Takes some tenths of a second: long enough to be killed meanwhile. */
let large: string;
let pool: DevelopPool;
let photos = 0;

beforeAll(async () => {
  childFile = await buildChild();
  folder = await mkdtemp(join(tmpdir(), 'narwhal-pool-'));
  small = join(folder, 'small');
  large = join(folder, 'large');
  await writeFile(small, await plain(40, 30, '#123456').jpeg().toBuffer());
  await writeFile(large, await plain(7_000, 5_500, '#123456').jpeg({ progressive: true }).toBuffer());
});
afterEach(() => pool?.close());
afterAll(async () => {
  await rm(folder, { recursive: true });
});

function open(options: Partial<DevelopPoolOptions> = {}): DevelopPool {
  pool = new DevelopPool({ concurrency: 1, childFile, ...options });
  return pool;
}

function develop(inputPath: string, changed: Partial<DevelopLimits> = {}, alone = false) {
  photos += 1;
  const outputFolder = join(folder, `photo-${photos}`);
  // Synchronously, so that photos reach the pool in the order of the calls.
  mkdirSync(outputFolder);
  return pool.develop({ inputPath, outputFolder, alone, limits: { ...limits, ...changed } });
}

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

async function until(holds: () => boolean): Promise<void> {
  await expect.poll(holds).toBe(true);
}

describe('DevelopPool', () => {
  it('develops more photos than it has children', async () => {
    open({ concurrency: 2 });
    const results = await Promise.all(Array.from({ length: 7 }, () => develop(small)));
    expect(results.map(({ width }) => width)).toEqual(Array(7).fill(40));
    expect(pool.pids).toHaveLength(2);
  });

  it('keeps a child for a number of photos, then takes another', async () => {
    open({ photosPerChild: 2 });
    await pool.warm();
    const seen = [];
    for (let index = 0; index < 5; index += 1) {
      await develop(small);
      seen.push(...pool.pids);
    }
    expect(new Set(seen).size).toBe(3);
  });

  it('tells rejections from failures of its own', async () => {
    open();
    const text = join(folder, 'text');
    await writeFile(text, 'no photo at all, however it is called');
    await expect(develop(text)).rejects.toMatchObject({ name: 'PhotoRejected', code: 'not_a_photo' });
    await expect(develop(join(folder, 'absent'))).rejects.toThrow(DevelopFailed);
    await expect(develop(small)).resolves.toMatchObject({ width: 40 });
  });

  it('kills what takes too long or too much, and nothing else suffers', async () => {
    open({ concurrency: 2 });
    const outcomes = await Promise.allSettled([
      develop(large, { developSeconds: 0.05 }),
      develop(small),
      develop(large, { childMemory: 80e6 }),
      develop(small),
    ]);
    const codes = outcomes.map((outcome) => (outcome.status === 'fulfilled' ? 'ready' : outcome.reason.code));
    expect(codes).toEqual(['too_complex', 'ready', 'too_complex', 'ready']);
  });

  it('counts the time of the processors, not the clock: a child that was stopped goes on', async () => {
    open();
    await pool.warm();
    const [pid = 0] = pool.pids;
    process.kill(pid, 'SIGSTOP');
    const stopped = develop(large, { developSeconds: 1.5 });
    await sleep(2_000);
    process.kill(pid, 'SIGCONT');
    await expect(stopped).resolves.toMatchObject({ width: 7_000 });
  });

  it('gives an attempt up that does not end by the clock, by no fault of the photo', async () => {
    open();
    await pool.warm();
    const [pid = 0] = pool.pids;
    process.kill(pid, 'SIGSTOP');
    await expect(develop(small, { attemptSeconds: 0.2 })).rejects.toThrow(DevelopFailed);
    await expect(develop(small)).resolves.toMatchObject({ width: 40 });
  });

  it('opens a photo that is to be alone only when no other is open', async () => {
    open({ concurrency: 2 });
    await pool.warm();
    const order: string[] = [];
    const named = async (name: string, alone: boolean) => {
      await develop(small, {}, alone);
      order.push(name);
    };
    await Promise.all([named('first', false), named('alone', true), named('behind it', false)]);
    expect(order).toEqual(['first', 'alone', 'behind it']);
  });

  it('survives a child that is killed in the middle of a photo', async () => {
    open({ concurrency: 2 });
    await pool.warm();
    const both = Promise.allSettled([develop(large), develop(large)]);
    await sleep(60);
    process.kill(pool.pids[0] ?? 0, 'SIGKILL');
    const failures = (await both).flatMap((outcome) =>
      outcome.status === 'rejected' ? [outcome.reason] : [],
    );
    expect(failures).toEqual([expect.any(DevelopCrash)]);
    expect(failures[0]).toMatchObject({ signal: 'SIGKILL', alone: false });
    const lonely = develop(large);
    await sleep(60);
    for (const pid of pool.pids) process.kill(pid, 'SIGKILL');
    await expect(lonely).rejects.toMatchObject({ name: 'DevelopCrash', alone: true });
    await expect(develop(large)).resolves.toMatchObject({ width: 7_000 });
  });

  it('replaces a child that died while it had nothing to do', async () => {
    open();
    await develop(small);
    process.kill(pool.pids[0] ?? 0, 'SIGKILL');
    await until(() => pool.pids.length === 0);
    await expect(develop(small)).resolves.toMatchObject({ width: 40 });
  });

  it('pauses longer and longer when children cannot even start', async () => {
    const childFile = join(folder, 'broken.mjs');
    await writeFile(childFile, 'console.error("out of luck"); process.exit(3);');
    open({ childFile });
    const start = Date.now();
    for (let tries = 0; tries < 4; tries += 1) {
      await expect(develop(small)).rejects.toMatchObject({
        name: 'DevelopFailed',
        cause: { exitCode: 3, lastWords: 'out of luck\n' },
      });
    }
    expect(Date.now() - start).toBeGreaterThan(100 + 200 + 400);
  });

  it.skipIf(!existsSync('/proc/self/environ'))('tells its children no secret', async () => {
    vi.stubEnv('TOKEN_KEYS', 'secret');
    open();
    await pool.warm();
    vi.unstubAllEnvs();
    const [environment] = pool.pids.map((pid) => readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0'));
    const names = environment?.filter(Boolean).map((entry) => entry.split('=')[0]);
    // bubblewrap says PWD: the scratch folder.
    expect(names?.toSorted().filter((name) => name !== 'PWD')).toEqual(['MALLOC_ARENA_MAX', 'TMPDIR']);
  });

  it('finishes what it accepted when it closes, and leaves no process', async () => {
    open({ concurrency: 2 });
    await pool.warm();
    const { pids } = pool;
    const accepted = [large, small, small].map((photo) => develop(photo));
    await sleep(30);
    await pool.close();
    expect((await Promise.all(accepted)).map(({ width }) => width)).toEqual([7_000, 40, 40]);
    await expect(develop(small)).rejects.toThrow('closed');
    // They were killed, and stay in the list until the system's first process has taken note.
    await until(() => pids.filter(isAlive).length === 0);
  });

  it('has no child outlive its parent, however that ends', async () => {
    const parentFile = join(folder, 'parent.mjs');
    const request = JSON.stringify({ inputPath: large, outputFolder: folder, limits });
    await writeFile(
      parentFile,
      `import { DevelopPool } from '${childFile.replace('develop-child.js', 'develop-pool.js')}';
       const pool = new DevelopPool({ concurrency: 2 });
       await pool.warm();
       pool.develop(${request});
       process.send(pool.pids);`,
    );
    const parent = fork(parentFile, { execArgv: [] });
    const [pids] = (await once(parent, 'message')) as [number[]];
    expect(pids.filter(isAlive)).toHaveLength(2);
    parent.kill('SIGKILL');
    await until(() => pids.filter(isAlive).length === 0);
  });
});
