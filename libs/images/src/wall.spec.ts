import { fork } from 'node:child_process';
import { once } from 'node:events';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  readlinkSync,
  writeFileSync,
} from 'node:fs';
import { copyFile, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { buildChild } from '../../../test/fixtures/built-child.js';
import { patient } from '../../../test/harness/pace.js';
import { processTree } from './child-watch.js';
import { DevelopPool } from './develop-pool.js';
import { DevelopCrash, PhotoRejected } from './faults.js';
import { findWall, type WallKind } from './wall.js';

vi.setConfig({ testTimeout: patient(60_000) });

const limits = { pixels: 1e8, formats: [], developSeconds: 20, childMemory: 250e6 };
const folder = await mkdtemp(join(tmpdir(), 'narwhal-wall-'));
const hostile = join(folder, 'libs/images/src/hostile-child.mjs');
const secret = join(folder, 'secret');
const unixSocket = join(folder, 'socket');

// Another user comes as far as the child's file, and reads nothing else.
chmodSync(folder, 0o711);
const fixture = new URL('../../../test/fixtures/hostile-child.mjs', import.meta.url);
const built = await buildChild();
mkdirSync(dirname(hostile), { recursive: true });
await copyFile(fixture, hostile);
await copyFile(join(dirname(built), 'frames.js'), join(dirname(hostile), 'frames.mjs'));

/** The walls that this machine allows. */
async function allowed(kind: WallKind): Promise<boolean> {
  return findWall(hostile, kind).then(
    () => true,
    () => false,
  );
}
const walls: WallKind[] = ['namespaces', 'user namespace'];
const here = new Map(await Promise.all(walls.map(async (kind) => [kind, await allowed(kind)] as const)));

let pool: DevelopPool;
let servers: Server[];
let photos = 0;

beforeAll(async () => {
  vi.stubEnv('TOKEN_KEYS', 'a key of this process');
  writeFileSync(secret, 'a key on the disk', { mode: 0o600 });
  servers = [createServer().listen(0, '127.0.0.1'), createServer().listen(unixSocket)];
  await Promise.all(servers.map((server) => once(server, 'listening')));
});
afterEach(() => pool?.close());
afterAll(async () => {
  vi.unstubAllEnvs();
  for (const server of servers) server.close();
  await rm(folder, { recursive: true });
});

/** Rejects as the pool does with a photo; no attack ends well. */
async function attack(acts: [string, unknown?][], changed: Partial<typeof limits> = {}): Promise<unknown> {
  const inputPath = join(folder, `photo-${(photos += 1)}`);
  const outputFolder = join(folder, `out-${photos}`);
  mkdirSync(outputFolder);
  await writeFile(inputPath, JSON.stringify(acts));
  return pool.develop({ inputPath, outputFolder, limits: { ...limits, ...changed } });
}

/** The child's own account of the result. */
async function outcomes(...acts: [string, unknown?][]): Promise<string[]> {
  const failure = await attack(acts).catch((error: unknown) => error);
  if (!(failure instanceof PhotoRejected && failure.cause instanceof Error)) throw failure;
  return JSON.parse(failure.cause.message) as string[];
}

const portOf = (server?: Server): number => (server?.address() as AddressInfo | undefined)?.port ?? 0;
const isAlive = (pid: number): boolean => existsSync(`/proc/${pid}`);
const treesOf = () => pool.pids.flatMap(processTree);

describe.each(walls)('behind %s', (wall) => {
  describe.skipIf(!here.get(wall))('what was taken over', () => {
    const open = () => (pool = new DevelopPool({ concurrency: 1, childFile: hostile, wall }));

    it('reads no secret, of the disk or of another process', async () => {
      open();
      const paths = [
        secret,
        `/proc/${process.pid}/environ`,
        '/proc/1/environ',
        '/proc/self/environ',
        '/etc/passwd',
      ];
      const said = await outcomes(...paths.map((path): [string, string] => ['read', path]), ['environment']);
      expect(said.slice(0, -1)).toEqual(paths.map(() => 'ENOENT'));
      expect(said.at(-1)).not.toContain('key');
      expect((await outcomes(['list', '/']))[0]?.split(' ').toSorted()).toEqual(
        expect.arrayContaining(['app', 'scratch', 'usr']),
      );
      expect(await outcomes(['list', folder], ['list', '/home'], ['list', '/etc'])).toEqual(
        Array(3).fill('ENOENT'),
      );
    });

    it('sees no other process', async () => {
      open();
      expect(await outcomes(['signal', process.pid], ['signal', process.ppid], ['list', '/proc'])).toEqual([
        'ESRCH',
        'ESRCH',
        'ENOENT',
      ]);
      const [pid = 0] = pool.pids;
      const kinds = ['cgroup', 'ipc', 'mnt', 'net', 'pid', 'uts', ...(wall === 'namespaces' ? [] : ['user'])];
      for (const kind of kinds)
        expect(readlinkSync(`/proc/${pid}/ns/${kind}`)).not.toBe(readlinkSync(`/proc/self/ns/${kind}`));
    });

    it('has no rights, and a filter before the kernel', async () => {
      open();
      await pool.warm();
      const status = readFileSync(`/proc/${pool.pids[0]}/status`, 'utf8');
      const of = (name: string) => new RegExp(`^${name}:\\s+(.*)$`, 'm').exec(status)?.[1];
      for (const set of ['CapInh', 'CapPrm', 'CapEff', 'CapBnd', 'CapAmb'])
        expect([set, of(set)]).toEqual([set, '0'.repeat(16)]);
      expect([of('NoNewPrivs'), of('Seccomp')]).toEqual(['1', '2']);
      if (wall === 'namespaces') expect(of('Uid')).toBe('65534\t65534\t65534\t65534');
    });

    it('opens no socket', async () => {
      open();
      const port = portOf(servers[0]);
      const said = await outcomes(
        ['tcp', port],
        ['unix', unixSocket],
        ['listen', 0],
        ['listen', '/scratch/own'],
        ['udp'],
      );
      expect(said).toEqual(Array(5).fill('EPERM'));
    });

    it('writes nowhere but in its scratch folder, and not more than that holds', async () => {
      open();
      const places = [
        '/x',
        '/app/x',
        '/app/libs/x',
        '/app/node',
        '/usr/lib/x',
        '/usr/bin/x',
        '/dev/x',
        '/lib/x',
        '/in/x',
        '/in/original',
      ];
      const said = await outcomes(...places.map((path): [string, string] => ['write', path]));
      for (const [index, outcome] of said.entries())
        expect([places[index], outcome]).toEqual([
          places[index],
          expect.stringMatching(/^(EROFS|EACCES|ETXTBSY)$/),
        ]);
      expect(await outcomes(['write', join(folder, 'x')], ['write', '/tmp/x'])).toEqual(['ENOENT', 'ENOENT']);
      const [written] = await outcomes(['fill', '/scratch']);
      expect(Number(written)).toBeGreaterThan(200e6);
      expect(Number(written)).toBeLessThan(300e6);
    });

    it.each(['compute', 'compute in a thread', 'compute in a process'])(
      'takes no more time of the processors than it was given: %s',
      async (act) => {
        open();
        await expect(attack([[act]], { developSeconds: 1 })).rejects.toMatchObject({ code: 'too_complex' });
        expect(treesOf()).toEqual([]);
      },
    );

    it('takes none when it has answered', async () => {
      open();
      expect(await outcomes(['compute later'])).toEqual(['done']);
      await expect.poll(treesOf, { timeout: patient(30_000) }).toEqual([]);
    });

    it.each(['remember', 'remember in a process', 'multiply'])(
      'takes no more memory than it was given: %s',
      async (act) => {
        open();
        await expect(attack([[act]])).rejects.toMatchObject({ code: 'too_complex' });
        expect(treesOf()).toEqual([]);
      },
    );

    it('leaves no process behind when it is ended', async () => {
      open();
      expect(await outcomes(['leave'], ['leave'])).toEqual(['done', 'done']);
      const left = treesOf();
      expect(left.length).toBe(3);
      await pool.close();
      await expect.poll(() => left.filter(isAlive), { timeout: patient(10_000) }).toEqual([]);
    });

    it('does not outlive its parent', async () => {
      const parentFile = join(folder, 'parent.mjs');
      writeFileSync(join(folder, 'leave'), JSON.stringify([['leave']]));
      const request = { inputPath: join(folder, 'leave'), outputFolder: folder, limits };
      writeFileSync(
        parentFile,
        `import { DevelopPool } from '${join(dirname(built), 'develop-pool.js')}';
       const pool = new DevelopPool({ concurrency: 1, childFile: '${hostile}', wall: '${wall}' });
       await pool.develop(${JSON.stringify(request)}).catch(() => undefined);
       process.send(pool.pids);`,
      );
      const parent = fork(parentFile, { execArgv: [] });
      const [pids] = (await once(parent, 'message')) as [number[]];
      const left = pids.flatMap(processTree);
      expect(left.length).toBe(2);
      parent.kill('SIGKILL');
      await expect.poll(() => left.filter(isAlive), { timeout: patient(10_000) }).toEqual([]);
    });

    it('is believed nothing that no child of ours says', async () => {
      const rendition = { width: 1, height: 1, bytes: 5, file: '../../secret', type: 'text/html' };
      const names = ['square64', 'square150', 'square320', 'w320', 'w640', 'w1080', 'jpeg1080'];
      const renditions = Object.fromEntries(names.map((name) => [name, rendition]));
      const facts = { width: 1, height: 1, thumbhash: '', color: '#000000', renditions };
      const lies = [
        [{ kind: 'developed', developed: facts }],
        [{ kind: 'developed', developed: { ...facts, color: '"/><script>' } }],
        [{ kind: 'rejected', code: 'made up', reason: '' }],
        [{ kind: 'failed', reason: 'x'.repeat(3_000) }],
        ['words'],
      ];
      for (const lie of lies) {
        open();
        await expect(attack([['lie', lie]])).rejects.toThrow(DevelopCrash);
        expect(readdirSync(join(folder, `out-${photos}`))).toEqual([]);
        await pool.close();
      }
      open();
      await expect(attack([['flood']])).rejects.toThrow(DevelopCrash);
    });
  });
});

describe('where namespaces are refused', () => {
  const open = (wall: WallKind) => (pool = new DevelopPool({ concurrency: 1, childFile: hostile, wall }));
  const acts: [string, unknown?][] = [
    ['read', secret],
    ['read', `/proc/${process.pid}/environ`],
    ['signal', process.pid],
  ];

  it.skipIf(process.getuid?.() !== 0)('another user reads no secret, and signals nobody', async () => {
    open('another user');
    expect(await outcomes(...acts)).toEqual(['EACCES', 'EACCES', 'EPERM']);
    expect((await pool.wall).loss).toMatch(
      /^opens photos without a wall \(.*\): a flaw in a decoder would reach the network/,
    );
  });

  it('nothing keeps it from doing harm, which is what the tests above would show', async () => {
    open('none');
    const port = portOf(servers[0]);
    const [read, environ, signal, tcp] = await outcomes(...acts, ['tcp', port]);
    expect([read, signal, tcp]).toEqual(['a key on the disk', 'true', 'done']);
    expect(environ).not.toBe('ENOENT');
    expect((await pool.wall).loss).toContain('and read whatever the worker may');
  });

  it('ends when it is ended all the same', async () => {
    open('none');
    await pool.warm();
    const { pids } = pool;
    expect(pids.filter(isAlive)).toEqual(pids);
    await pool.close();
    expect(pids.filter(isAlive)).toEqual([]);
  });
});
