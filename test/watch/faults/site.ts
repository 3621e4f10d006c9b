import { join } from 'node:path';
import { onDisk } from '../fixtures.js';
import type { Fault } from './fault.js';

/** Faults that are visible from outside, and those of a machine's resources. */
export const quickFaults: readonly Fault[] = [
  {
    what: 'a certificate expires',
    alerts: ['CertificateExpires'],
    cause: ({ front }) => front.serve(2),
    mend: ({ front }) => front.serve(400),
  },
  {
    what: 'a resolver is down',
    alerts: ['NameIsGone'],
    cause: ({ resolver }) => resolver.stop(),
    mend: ({ resolver }) => resolver.start(),
  },
  {
    what: 'a disk is full',
    alerts: ['DiskIsFull'],
    cause: ({ disk }) => onDisk('fallocate', '-l', '2000M', join(disk, 'full')),
    mend: ({ disk }) => onDisk('rm', join(disk, 'full')),
  },
  {
    what: 'a process leaks',
    alerts: ['ProcessIsLarge'],
    cause: ({ guest }) => process.kill(guest.pid, 'SIGUSR2'),
    mend: ({ guest }) => process.kill(guest.pid, 'SIGUSR2'),
  },
];
