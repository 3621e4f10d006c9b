import { requestBuckets, workBuckets, type Metric } from '../entry.js';

/** The queues whose jobs each have their own row; a job of `develop` only says that some photo waits. */
const queuesOfRows = ['deliver', 'effect', 'fold', 'notify'] as const;
const queues = ['develop', ...queuesOfRows] as const;
const rows = ['photos', 'posts', 'outbox', 'deltas'] as const;

/** From an upload to everybody's feed: the workers' jobs, and their backlog. */
export const laterWork = {
  narwhal_photo_ready_seconds: {
    kind: 'histogram',
    part: 'later work',
    means: 'Time from the upload of a photo to ready.',
    buckets: workBuckets,
    shows: {
      photo_ready_p95: {
        title: 'Upload to ready, 95th percentile',
        unit: 'seconds',
        read: { as: 'quantile', q: 0.95, atLeast: 5 },
        normal: [0.3, 5],
        levels: {
          alert: 'PhotosAreSlow',
          warning: 30,
          critical: 120,
          lasting: 300,
          says: 'one photo in twenty takes longer than {value} from its upload to ready',
        },
      },
    },
  },
  narwhal_photo_develop_seconds: {
    kind: 'histogram',
    part: 'later work',
    means: 'Time of one photo in the pipeline, without waiting.',
    buckets: workBuckets,
    shows: {
      develop_p95: {
        title: 'Developing a photo, 95th percentile',
        unit: 'seconds',
        read: { as: 'quantile', q: 0.95 },
        normal: [0.1, 3],
      },
    },
  },
  narwhal_photos_developed_total: {
    kind: 'counter',
    part: 'later work',
    means:
      'Photos developed, by outcome (ready, the code of the rejection, or what became of renditions that were to be made anew).',
    labels: { outcome: '`ready`, `remade`, `kept` and the codes of libs/platform/src/photos/rejections.ts' },
    shows: {
      developed: {
        title: 'Photos developed',
        unit: 'events',
        read: { as: 'rate', per: 'second', by: 'outcome' },
        normal: 'as many as are uploaded',
      },
      rejected: {
        title: 'Photos rejected',
        unit: 'share',
        // Every rejection code contains a `_`, and no other outcome does.
        read: { as: 'share', where: { outcome: '.*_.*' }, atLeast: 20 },
        normal: [0, 0.02],
        levels: {
          alert: 'PhotosAreRejected',
          warning: 0.2,
          lasting: 300,
          says: '{value} of photos are rejected',
        },
      },
    },
  },
  narwhal_rendition_bytes_total: {
    kind: 'counter',
    part: 'later work',
    means: 'Bytes of renditions written to the object store.',
    shows: {
      rendition_bytes: {
        title: "Renditions' bytes",
        unit: 'bytes',
        read: { as: 'rate', per: 'second' },
        normal: 'some 500 kB a photo',
      },
    },
  },
  narwhal_delivery_seconds: {
    kind: 'histogram',
    part: 'later work',
    means: 'Time from published to the last feed that holds the post.',
    buckets: workBuckets,
    shows: {
      delivery_p95: {
        title: 'Published to the last feed, 95th percentile',
        unit: 'seconds',
        read: { as: 'quantile', q: 0.95, atLeast: 5 },
        normal: [0.05, 2],
        levels: {
          alert: 'DeliveryLags',
          warning: 30,
          critical: 120,
          lasting: 300,
          says: 'one post in twenty takes longer than {value} to reach all its feeds',
        },
      },
    },
  },
  narwhal_feed_rebuild_seconds: {
    kind: 'histogram',
    part: 'later work',
    means: 'Home feeds rebuilt from PostgreSQL.',
    buckets: requestBuckets,
    shows: {
      feed_rebuilds: {
        title: 'Feeds rebuilt',
        unit: 'events',
        read: { as: 'rate', per: 'second' },
        normal: 'few, but after Redis was emptied one a reader',
      },
    },
  },
  narwhal_jobs_total: {
    kind: 'counter',
    part: 'later work',
    means: 'Jobs finished, by queue and outcome.',
    labels: { queue: queues, outcome: ['done', 'failed'] },
    shows: {
      jobs: {
        title: 'Jobs finished',
        unit: 'jobs',
        read: { as: 'rate', per: 'second', by: 'queue' },
        normal: 'as many as are sent',
      },
      jobs_failed: {
        title: 'Jobs that failed',
        unit: 'share',
        read: { as: 'share', where: { outcome: 'failed' }, atLeast: 20 },
        normal: [0, 0.001],
        levels: {
          alert: 'JobsFail',
          warning: 0.05,
          critical: 0.5,
          lasting: 120,
          says: '{value} of jobs fail',
        },
      },
    },
  },
  narwhal_queue_depth: {
    kind: 'gauge',
    part: 'later work',
    means: 'Jobs waiting or running, by queue.',
    labels: { queue: queues },
    across: 'same',
    shows: {
      queue_depth: {
        title: 'Jobs in queues',
        unit: 'jobs',
        read: { as: 'value', by: 'queue' },
        normal: [0, 200],
        levels: {
          alert: 'QueueIsLong',
          warning: 5_000,
          critical: 50_000,
          lasting: 120,
          says: '{value} jobs are in the queue {queue}',
        },
      },
    },
  },
  narwhal_queue_age_seconds: {
    kind: 'gauge',
    part: 'later work',
    means:
      'Age of the oldest waiting job, by queue; how long photos wait says narwhal_pending_age_seconds, since jobs of develop are of none.',
    labels: { queue: queuesOfRows },
    across: 'same',
    shows: {
      queue_age: {
        title: 'Oldest job',
        unit: 'seconds',
        read: { as: 'value', by: 'queue' },
        normal: [0, 5],
        levels: {
          alert: 'QueueIsOld',
          warning: 60,
          critical: 300,
          lasting: 60,
          says: 'the oldest job of the queue {queue} has waited for {value}',
        },
      },
    },
  },
  narwhal_pending: {
    kind: 'gauge',
    part: 'later work',
    means: 'Rows that wait for later work, by kind; the system is quiet when all are 0.',
    labels: { kind: rows },
    across: 'same',
    shows: {
      pending: {
        title: 'Rows that wait',
        unit: 'rows',
        read: { as: 'value', by: 'kind' },
        normal: [0, 500],
      },
    },
  },
  narwhal_pending_age_seconds: {
    kind: 'gauge',
    part: 'later work',
    means: 'Age of the oldest row that waits for later work, by kind: also of one that only waits its turn.',
    labels: { kind: rows },
    across: 'same',
    shows: {
      pending_age: {
        title: 'Oldest row that waits',
        unit: 'seconds',
        read: { as: 'value', by: 'kind' },
        normal: [0, 10],
      },
    },
  },
  narwhal_stuck: {
    kind: 'gauge',
    part: 'later work',
    means: 'Rows that were tried and do not move, or are overdue while nothing of their kind moves, by kind.',
    labels: { kind: rows },
    across: 'same',
    shows: {
      stuck: {
        title: 'Rows that are stuck',
        unit: 'rows',
        read: { as: 'value', by: 'kind' },
        normal: [0, 0],
      },
    },
  },
  narwhal_stuck_age_seconds: {
    kind: 'gauge',
    part: 'later work',
    means:
      'How long the oldest stuck row has been stuck, by kind; a photo that fails is stuck after an hour.',
    labels: { kind: rows },
    across: 'same',
    shows: {
      stuck_age: {
        title: 'Oldest row that is stuck',
        unit: 'seconds',
        read: { as: 'value', by: 'kind' },
        normal: [0, 0],
        levels: {
          alert: 'WorkIsStuck',
          warning: 120,
          critical: 600,
          lasting: 60,
          says: 'the oldest of {kind} has been stuck for {value}',
        },
      },
    },
  },
  narwhal_swept_total: {
    kind: 'counter',
    part: 'later work',
    means: 'Overdue rows that the sweeper found without a job, by kind.',
    labels: { kind: 'what the sweeper looks for: apps/worker/src/sweep' },
    shows: {
      swept: {
        title: 'What the sweeper found',
        unit: 'rows',
        read: { as: 'rate', per: 'minute', by: 'kind' },
        normal: [0, 1],
        levels: {
          alert: 'SweeperFindsMuch',
          warning: 600,
          lasting: 300,
          says: '{value} overdue rows of {kind} without a job are found a minute: their jobs are lost',
        },
      },
    },
  },
} as const satisfies Record<string, Metric>;
