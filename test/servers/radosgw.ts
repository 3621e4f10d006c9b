import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort } from '../../tools/dev/ports.ts';
import { startRadosgw as start, type Radosgw } from '../../tools/dev/radosgw.ts';
import { bareEnvironment } from '../harness/env.ts';

export type { Radosgw };

/** Whether the system's packages are installed; prints a message when they are not, since tests are skipped then. */
export async function radosgwInstalled(): Promise<boolean> {
  const names = ['radosgw', 'ceph-mon', 'ceph-osd', 'ceph', 'monmaptool'];
  const installed = await promisify(execFile)('which', names).then(
    () => true,
    () => false,
  );
  if (!installed) console.warn('S3 tests are skipped: install radosgw, ceph-mon and ceph-osd to run them');
  return installed;
}

/** Starts an empty S3 server on free ports, in its own temporary folder. It keeps its data in memory. */
export async function startRadosgw(): Promise<Radosgw> {
  const folder = await mkdtemp(join(tmpdir(), 'narwhal-s3-'));
  const remove = () => rm(folder, { recursive: true, force: true, maxRetries: 5 });
  const own = { folder, host: '127.0.0.1', port: await freePort(), secretAccessKey: randomUUID() };
  try {
    const server = await start({ ...own, env: bareEnvironment(), durable: false, fuse: '900' });
    return { ...server, stop: () => server.stop().then(remove) };
  } catch (error) {
    await remove();
    throw error;
  }
}
