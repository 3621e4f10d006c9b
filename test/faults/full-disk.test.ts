import { spawnSync } from 'node:child_process';
import {
  mkdirSync,
  mkdtempSync,
  readFileSync,
  readdirSync,
  rmSync,
  statSync,
  statfsSync,
  writeFileSync,
  appendFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import request from 'supertest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { root } from '../../tools/dev/install.mjs';
import { freePort } from '../../tools/dev/ports.ts';
import { withClient } from '../../tools/dev/postgres.ts';
import {
  endProcess,
  identityOf,
  isAlive,
  launch,
  signal,
  type Launched,
  type ProcessMark,
} from '../../tools/dev/processes.ts';
import { readLedger } from '../../tools/dev/ledger.ts';
import { bareEnvironment } from '../harness/env.js';
import { signUp, type Person } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { descendantsOf } from '../harness/process-tree.js';

const MiB = 1024 * 1024;
const disk = mkdtempSync(join(tmpdir(), 'narwhal-full-disk-'));
const data = join(disk, 'data');
const ballast = join(disk, 'ballast');
const log = `${disk}.log`;
/** Only root can make a small disk. */
const mounted =
  spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=700m,mode=711', 'tmpfs', disk], { stdio: 'ignore' })
    .status === 0;

let up: Launched;
let url: string;
let ada: Person;

beforeAll(async () => {
  if (!mounted) return;
  mkdirSync(data, { mode: 0o711 });
  const port = await freePort();
  url = `http://127.0.0.1:${port}`;
  const env = { ...bareEnvironment(), NARWHAL_DATA: data, PORT: String(port), RATE_LIMITS: 'off' };
  const args = [join(root, 'tools/dev/narwhal.mjs'), 'up'];
  up = await launch({ command: process.execPath, args, logFile: log, env, cwd: root });
  await until('it is ready', () => said('Narwhal is ready'), 200_000);
  ada = await signUp({ url }, 'ada');
}, 220_000);

afterAll(async () => {
  if (mounted) {
    await endProcess(up, [{ signal: 'SIGTERM', patience: 40_000 }]);
    spawnSync('umount', ['--lazy', disk]);
  }
  rmSync(disk, { recursive: true });
  rmSync(log, { force: true });
});

const said = (text: string): boolean => readFileSync(log, 'utf8').includes(text);

async function until(
  what: string,
  holds: () => boolean | Promise<boolean>,
  patience = 60_000,
): Promise<void> {
  for (const deadline = Date.now() + patience; !(await holds()); await sleep(100)) {
    if (Date.now() > deadline) throw new Error(`expected that ${what}:\n${readFileSync(log, 'utf8')}`);
  }
}

const free = (): number => {
  const { bavail, bsize } = statfsSync(disk);
  return bavail * bsize;
};

/** Fills the disk until only this much is left. */
function leave(bytes: number): void {
  const piece = Buffer.alloc(MiB);
  writeFileSync(ballast, '', { flag: 'a' });
  try {
    while (free() > bytes) appendFileSync(ballast, piece.subarray(0, Math.min(MiB, free() - bytes)));
  } catch (error) {
    expect((error as NodeJS.ErrnoException).code).toBe('ENOSPC');
  }
}

/** Files that other users of the machine could read: they come as far as every folder above lets them. */
function readableByOthers(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isSymbolicLink()) return [];
    // A backup is being written: its files change their names.
    const mode = statSync(path, { throwIfNoEntry: false })?.mode ?? 0;
    const below = entry.isDirectory() && (mode & 0o001) !== 0 ? readableByOthers(path) : [];
    return (mode & 0o004) !== 0 ? [path, ...below] : below;
  });
}

const statusOf = (answer: request.Test): Promise<number> =>
  answer.then(
    ({ status }) => status,
    () => 0,
  );
const token = () => `Bearer ${ada.session.accessToken}`;
const get = (path: string) => statusOf(request(url).get(path).set('authorization', token()).timeout(15_000));
const put = (path: string) => statusOf(request(url).put(path).set('authorization', token()).timeout(15_000));
async function send(seed = 1): Promise<number> {
  const { bytes, name: filename, type: contentType } = await drawn({ seed });
  const upload = request(url).post('/v1/photos').set('authorization', token()).timeout(15_000);
  return statusOf(upload.attach('file', bytes, { filename, contentType }));
}

/** As PostgreSQL does by itself every five minutes. */
async function checkpoint(): Promise<void> {
  const { postgres } = JSON.parse(readFileSync(join(data, 'ports.json'), 'utf8')) as { postgres: number };
  const password = readFileSync(join(data, 'postgres', 'password'), 'utf8').trim();
  await withClient(`postgres://narwhal:${password}@127.0.0.1:${postgres}/narwhal`, (client) =>
    client.query('CHECKPOINT'),
  );
}

const children = (): (ProcessMark & { name: string })[] => readLedger(join(data, 'up.json'))?.children ?? [];

const rounds = 12;

/** All responses that people get while the disk is full. */
async function load(postId: string): Promise<string[]> {
  const seen = new Set<string>();
  for (let round = 0; round < rounds; round += 1) {
    const [feed, post, like, upload] = await Promise.all([
      get('/v1/feed'),
      get(`/v1/posts/${postId}`),
      put(`/v1/posts/${postId}/like`),
      send(),
    ]);
    seen.add(`feed ${feed}`).add(`post ${post}`).add(`like ${like}`).add(`upload ${upload}`);
    leave(0);
  }
  return [...seen].sort();
}

/** kill -9 of the api and of the worker, one after the other; settles when the launcher has noticed both. */
async function killApplications(): Promise<void> {
  const before = new Map(children().map((child) => [child.name, child]));
  for (const name of ['api', 'worker']) {
    const child = before.get(name);
    if (!child) throw new Error(`expected ${name} among the children`);
    signal(child.pid, 'SIGKILL');
    await until(`${name} is missed`, () => said(`${name} ended unexpectedly (signal SIGKILL)`));
  }
}

test.skipIf(!mounted)(
  'a full disk refuses writes and no read, uploads first, also after kill -9 of api and worker, and all is well by itself once there is room',
  async () => {
    const post = await ada.post([await ada.upload(await drawn())], { caption: 'before' });
    await until('it is published', async () => (await ada.feed()).items.length === 1);

    // Into the middle of the first backup, which ends for want of room, or just before.
    leave(100 * MiB);
    expect(readableByOthers(data)).toEqual([]);
    await until('uploads are refused', async () => (await send()) === 507);
    leave(0);
    const answers = await load(post.id);
    await checkpoint();
    const likes = answers.filter((answer) => answer.startsWith('like'));
    expect(answers.filter((answer) => !likes.includes(answer))).toEqual([
      'feed 200',
      'post 200',
      'upload 507',
    ]);
    // Other writes go on as long as PostgreSQL and Redis find room in files that they have.
    expect(['like 200', 'like 503']).toEqual(expect.arrayContaining(likes));

    await killApplications();
    leave(0);
    await until('reads go on', async () => (await get(`/v1/posts/${post.id}`)) === 200);

    rmSync(ballast);
    // 200: an earlier request whose response came too late had uploaded it.
    await until('photos are taken again', async () => [200, 202].includes(await send(3)), 120_000);
    await until('likes are taken', async () => (await put(`/v1/posts/${post.id}/like`)) === 200);
    const next = await ada.post([await ada.upload(await drawn({ seed: 2 }))], { caption: 'after' });
    await until('it is published', async () => (await ada.feed()).items[0]?.id === next.id);
    expect(await get(`/v1/posts/${post.id}`)).toBe(200);
    expect(said('postgres ended unexpectedly')).toBe(false);
    await until('every child is noted', () => children().filter(isAlive).length === 5);

    // Including processes that no file records.
    const left = descendantsOf(up.pid).map((pid) => ({ pid, identity: identityOf(pid) ?? '' }));
    expect(left.map(({ pid }) => pid)).toEqual(expect.arrayContaining(children().map(({ pid }) => pid)));
    signal(up.pid, 'SIGTERM');
    expect(await up.ended).toBe('exit code 0');
    expect(said('Stopped.')).toBe(true);
    expect(left.filter(isAlive)).toEqual([]);
    await expect(fetch(url)).rejects.toThrow();
  },
  200_000,
);
