import { spawnSync } from 'node:child_process';
import { closeSync, existsSync, openSync, rmSync, writeSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { root } from '../../tools/dev/install.mjs';
import { endProcess, launch, type Launched } from '../../tools/dev/processes.ts';
import { patient } from './pace.js';

/** More than uploads need as free space, plus room for a run's photos and logs. */
const SIZE = '400m';
const MiB = 1024 * 1024;
const piece = Buffer.alloc(MiB);

/** Only root may mount. */
export const mayMount = spawnSync('unshare', ['--mount', 'true']).status === 0;

/** A disk over a folder, visible only to the programs that are started with its `prefix`: it vanishes with them, however they end. */
export class SmallDisk {
  private constructor(
    private readonly holder: Launched,
    private readonly folder: string,
  ) {}

  static async mount(folder: string): Promise<SmallDisk> {
    const script = `mount -t tmpfs -o size=${SIZE},mode=711 tmpfs "$1" && touch "$1/mounted" && exec sleep infinity`;
    const holder = await launch({
      command: 'unshare',
      args: ['--mount', '--propagation', 'private', 'sh', '-c', script, 'sh', folder],
      logFile: `${folder}-disk.log`,
    });
    const disk = new SmallDisk(holder, folder);
    const deadline = Date.now() + patient(20_000);
    while (!existsSync(join(disk.outside, 'mounted'))) {
      if (Date.now() > deadline) throw new Error(`expected a disk at ${folder}, see ${folder}-disk.log`);
      await sleep(20);
    }
    return disk;
  }

  /** Its folder's path for other processes. */
  get outside(): string {
    return `/proc/${this.holder.pid}/root${this.folder}`;
  }

  /** A prefix for a program so that it sees the disk. */
  get prefix(): string[] {
    return ['nsenter', `--mount=/proc/${this.holder.pid}/ns/mnt`, `--wdns=${root}`];
  }

  private get ballast(): string {
    return join(this.outside, 'ballast');
  }

  /** Fills all the remaining space. */
  fill(): void {
    const file = openSync(this.ballast, 'a');
    try {
      for (;;) writeSync(file, piece);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOSPC') throw error;
    } finally {
      closeSync(file);
    }
  }

  empty(): void {
    rmSync(this.ballast, { force: true });
  }

  stop(): Promise<void> {
    return endProcess(this.holder, []);
  }
}
