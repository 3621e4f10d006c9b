import { inPart } from '../entry.js';

/** Whether PostgreSQL could be restored. */
export const backupMetrics = inPart('stores', {
  narwhal_backup_age_seconds: {
    kind: 'gauge',
    means:
      'Age of the newest good backup of PostgreSQL, or time since the first attempt if none succeeded; absent where Narwhal makes none.',
    across: 'same',
    shows: {
      backup_age: {
        title: 'Newest good backup',
        unit: 'seconds',
        read: { as: 'value' },
        normal: [0, 90_000],
        levels: {
          alert: 'BackupIsOld',
          warning: 129_600,
          critical: 259_200,
          lasting: 120,
          says: 'the newest good backup of PostgreSQL is {value} old',
        },
      },
    },
  },
  narwhal_backup_good: {
    kind: 'gauge',
    means:
      'Whether the newest backup, check of backups (`verify`) or drill is good: 1 or 0; `wal`: 0 while WAL is missing from the archive. Absent before the first.',
    labels: { kind: ['backup', 'verify', 'drill', 'wal'] },
    across: 'same',
    shows: {
      backup_good: {
        title: 'Backups, checks and drills that are good',
        unit: 'count',
        read: { as: 'value', where: { kind: 'backup|verify|drill' }, by: 'kind' },
        normal: [1, 1],
        levels: {
          alert: 'BackupFails',
          warning: 1,
          below: true,
          lasting: 120,
          says: 'the newest {kind} of the backups failed',
        },
      },
      wal_whole: {
        title: 'All WAL is in the archive',
        unit: 'count',
        read: { as: 'value', where: { kind: 'wal' } },
        normal: [1, 1],
        levels: {
          alert: 'WalIsMissing',
          critical: 1,
          below: true,
          lasting: 120,
          says: 'WAL is missing from the archive: no restore gets past it',
        },
      },
    },
  },
  narwhal_wal_waiting: {
    kind: 'gauge',
    means:
      'Whole segments of WAL (16 MB each) that are not archived yet; absent where PostgreSQL archives none.',
    across: 'same',
    shows: {
      wal_waiting: {
        title: 'WAL that is not archived yet',
        unit: 'count',
        read: { as: 'value' },
        normal: [0, 2],
        levels: {
          alert: 'WalWaits',
          warning: 2,
          critical: 64,
          lasting: 300,
          says: '{value} segments of WAL wait to be archived',
        },
      },
    },
  },
});
