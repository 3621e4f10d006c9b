import { inPart, requestBuckets, workBuckets } from '../entry.js';

/** The queues whose jobs each have their own row; a job of `develop` only says that some photo waits. */
const queuesOfRows = ['deliver', 'effect', 'fold', 'notify'] as const;
const queues = ['develop', ...queuesOfRows] as const;
const rows = ['photos', 'posts', 'outbox', 'deltas', 'mails', 'transfers'] as const;

/** From an upload to everybody's feed: the workers' jobs, and their backlog. */
export const laterWork = inPart('later work', {
  narwhal_photo_ready_seconds: {
    kind: 'histogram',
    means: 'Time from the upload of a photo until it is ready.',
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
    means: 'Time that developing one photo takes, without its wait.',
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
    means:
      'Photos developed, by outcome: ready, the code of the rejection, or the result of a redevelopment.',
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
    means: 'Time from publishing a post until the last of its feeds has it.',
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
    means: 'Home feeds rebuilt from PostgreSQL.',
    buckets: requestBuckets,
    shows: {
      feed_rebuilds: {
        title: 'Feeds rebuilt',
        unit: 'events',
        read: { as: 'rate', per: 'second' },
        normal: 'few, but one a reader after Redis was emptied',
      },
    },
  },
  narwhal_jobs_total: {
    kind: 'counter',
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
    means:
      'Age of the oldest waiting job, by queue. For photos see narwhal_pending_age_seconds: a job of the develop queue belongs to no photo.',
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
    means:
      'Age of the oldest row that waits for later work, by kind; rows that only wait their turn count, too.',
    labels: { kind: rows },
    across: 'same',
    shows: {
      pending_age: {
        title: 'Oldest row that waits',
        unit: 'seconds',
        read: { as: 'value', by: 'kind' },
        normal: [0, 10],
      },
      mail_age: {
        title: 'Oldest mail that is not sent',
        unit: 'seconds',
        read: { as: 'value', where: { kind: 'mails' } },
        normal: [0, 10],
        levels: {
          alert: 'MailsWait',
          warning: 300,
          critical: 1_200,
          lasting: 60,
          says: 'the oldest mail that could not be sent has waited for {value}',
        },
      },
    },
  },
  narwhal_mails_total: {
    kind: 'counter',
    means: 'Attempts to send a mail, by outcome; `given_up` counts mails that were not sent in time.',
    labels: { outcome: ['sent', 'failed', 'given_up'] },
    shows: {
      mails: {
        title: 'Mails',
        unit: 'events',
        read: { as: 'rate', per: 'minute', by: 'outcome' },
        normal: 'a few a day for every hundred people; `failed` and `given_up` none',
      },
    },
  },
  narwhal_stuck: {
    kind: 'gauge',
    means: 'Rows whose work failed, or that are overdue while no row of their kind makes progress, by kind.',
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
          says: 'the oldest stuck row of {kind} has not moved for {value}',
        },
      },
    },
  },
  narwhal_swept_total: {
    kind: 'counter',
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
          says: 'the sweeper finds {value} overdue rows of {kind} a minute whose jobs were lost',
        },
      },
    },
  },
});
