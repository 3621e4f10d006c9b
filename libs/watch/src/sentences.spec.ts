import { expect, test } from 'vitest';
import type { StoreHealth } from '@app/storage';
import { sentencesOf } from './sentences.js';
import type { OperatorsReport } from './report.js';

const MiB = 1024 * 1024;

const healthy: Omit<OperatorsReport, 'sentences'> = {
  version: '0.1.0',
  at: '2026-11-29T12:05:00.000Z',
  status: 'ready',
  parts: {},
  quiet: true,
  pending: [],
  queues: null,
  processes: [],
  postgres: { pool: { busy: 0, idle: 0, waiting: 0 }, facts: null, sizes: null, ownsTables: false },
  redis: null,
  disk: null,
  backups: null,
};

test('of a worker without a wall it is said what that means', () => {
  const worker = {
    kind: 'worker',
    host: 'reef',
    pid: 7,
    living: true,
    wall: 'opens photos without a wall (why)',
  };
  const processes = [worker] as OperatorsReport['processes'];
  expect(sentencesOf({ ...healthy, processes }, new Map())).toEqual([
    { level: 'warning', text: 'The worker 7 on reef opens photos without a wall (why).' },
  ]);
});

test('of a process that could alter the tables it is said what to do about it', () => {
  const postgres = { ...healthy.postgres, ownsTables: true };
  const [said] = sentencesOf({ ...healthy, postgres }, new Map());
  expect(said).toMatchObject({
    level: 'note',
    text: expect.stringContaining('DATABASE_DIRECT_URL') as string,
  });
});

/** The sentence about an unusable object store, given the space left on its disk. */
function said(why: string, disk: StoreHealth | null): string | undefined {
  const since = new Date('2026-11-29T12:00:00Z');
  const report: Omit<OperatorsReport, 'sentences'> = {
    ...healthy,
    status: 'degraded',
    parts: { objects: { state: 'wrong', why, since, milliseconds: 1 } },
    disk,
  };
  return sentencesOf(report, new Map())[0]?.text;
}

test('of a disk that is nearly full it is said that photos are shown, but uploads are refused', () => {
  expect(said('its disk has 205 MiB left', { freeBytes: 205 * MiB, totalBytes: 1_000 * MiB })).toBe(
    'The object store has been full since 12:00 UTC (its disk has 205 MiB left): photos are shown, but uploads are refused.',
  );
});

test('of a store that is not there it is said that photos can be neither uploaded nor shown', () => {
  const text = /\(the folder or bucket does not exist\): photos can be neither uploaded nor shown\./;
  expect(said('the folder or bucket does not exist', null)).toMatch(text);
});

test('of backups it is said how the newest ended; that all is well, too, unless one failed', () => {
  const outcome = (kind: 'backup' | 'drill', good: boolean) => ({
    kind,
    good,
    sentence: good ? '4 MB in 3 s.' : 'The backup is damaged.',
    bytes: 4_000_000,
    endedAt: '2026-11-29T04:00:00.000Z',
    age: 29_100,
  });
  const backup = {
    level: 'note',
    text: 'The newest backup, of 2026-11-29 04:00 UTC, is good: 4 MB in 3 s.',
  };
  const wellSaid = sentencesOf({ ...healthy, backups: [outcome('backup', true)] }, new Map());
  expect(wellSaid).toEqual([{ level: 'note', text: 'All is well.' }, backup]);
  const backups = [outcome('backup', true), outcome('drill', false)];
  expect(sentencesOf({ ...healthy, backups }, new Map())).toEqual([
    {
      level: 'warning',
      text: 'The newest drill (a restore that was tried), of 2026-11-29 04:00 UTC, failed: The backup is damaged.',
      runbook: 'docs/runbooks/BackupFails.md',
    },
    backup,
  ]);
});
