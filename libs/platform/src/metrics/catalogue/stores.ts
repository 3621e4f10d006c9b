import { inPart, requestBuckets, type View } from '../entry.js';

const stores = ['database', 'redis', 'queue', 'objects'] as const;

/** A cache's hits: reads that did not reach PostgreSQL. */
const hits = (title: string, cache: string, from = 'near|redis', least = 0.9): View => ({
  title,
  unit: 'share',
  read: { as: 'share', where: { cache, from }, of: { cache }, atLeast: 20 },
  normal: [least, 1],
});

/** PostgreSQL, Redis and the object store, as seen by our processes. */
export const storeMetrics = inPart('stores', {
  narwhal_store_up: {
    kind: 'gauge',
    means: 'Whether this process reaches a store: 1 or 0.',
    labels: { store: stores },
    across: 'each',
    shows: {
      store_up: {
        title: 'Stores that answer',
        unit: 'count',
        read: { as: 'value', by: 'store' },
        normal: [1, 1],
        levels: {
          alert: 'StoreIsAway',
          critical: 1,
          below: true,
          lasting: 4,
          says: '{process} cannot reach {store}',
        },
      },
    },
  },
  narwhal_store_seconds: {
    kind: 'histogram',
    means: 'Time that a store takes to answer the smallest query, sent every two seconds.',
    labels: { store: stores },
    buckets: requestBuckets,
    shows: {
      store_p95: {
        title: 'Smallest query of a store, 95th percentile',
        unit: 'seconds',
        read: { as: 'quantile', q: 0.95, by: 'store' },
        normal: [0.0002, 0.01],
        levels: {
          alert: 'StoreIsSlow',
          warning: 0.5,
          critical: 1.5,
          lasting: 30,
          says: '{store} takes {value} to answer the smallest query',
        },
      },
    },
  },
  narwhal_postgres_pool: {
    kind: 'gauge',
    means: 'Connections to PostgreSQL by state, and statements that wait for one (`waiting`).',
    labels: { state: ['busy', 'idle', 'waiting'] },
    across: 'sum',
    shows: {
      postgres_pool: {
        title: "Connections of the processes' pools",
        unit: 'count',
        read: { as: 'value', by: 'state' },
        normal: 'up to DATABASE_POOL a process',
      },
      postgres_waiting: {
        title: 'Statements that wait for a connection',
        unit: 'count',
        read: { as: 'value', where: { state: 'waiting' } },
        normal: [0, 2],
        levels: {
          alert: 'PoolIsExhausted',
          warning: 20,
          critical: 200,
          lasting: 60,
          says: '{value} statements wait for a connection to PostgreSQL',
        },
      },
    },
  },
  narwhal_postgres_connections_share: {
    kind: 'gauge',
    means: "Connections to PostgreSQL as a share of the server's max_connections.",
    across: 'same',
    shows: {
      postgres_connections: {
        title: 'Connections to PostgreSQL',
        unit: 'share',
        read: { as: 'value' },
        normal: [0.05, 0.6],
        levels: {
          alert: 'ConnectionsRunOut',
          warning: 0.8,
          critical: 0.95,
          lasting: 60,
          says: '{value} of the connections that PostgreSQL allows are in use',
        },
      },
    },
  },
  narwhal_postgres_replication_lag_seconds: {
    kind: 'gauge',
    means: 'Replay lag of the slowest replica; absent without a replica.',
    across: 'same',
    shows: {
      replication_lag: {
        title: 'Slowest replica of PostgreSQL',
        unit: 'seconds',
        read: { as: 'value' },
        normal: [0, 1],
        levels: {
          alert: 'ReplicaLags',
          warning: 10,
          critical: 120,
          lasting: 60,
          says: 'the slowest replica of PostgreSQL is {value} behind',
        },
      },
    },
  },
  narwhal_postgres_size_bytes: {
    kind: 'gauge',
    means: 'Size of the database; read once a minute.',
    across: 'same',
    shows: {
      postgres_size: {
        title: 'Database',
        unit: 'bytes',
        read: { as: 'value' },
        normal: 'grows with what people make',
      },
    },
  },
  narwhal_redis_memory_bytes: {
    kind: 'gauge',
    means: 'Memory that Redis uses; of a cluster, of all primaries.',
    across: 'same',
    shows: {
      redis_memory: {
        title: 'Memory of Redis',
        unit: 'bytes',
        read: { as: 'value' },
        normal: 'some 10 kB an active reader',
      },
    },
  },
  narwhal_redis_memory_share: {
    kind: 'gauge',
    means: 'Memory that Redis uses as a share of its maxmemory; absent where none is set.',
    across: 'same',
    shows: {
      redis_memory_share: {
        title: 'Memory of Redis, of its limit',
        unit: 'share',
        read: { as: 'value' },
        normal: [0, 0.7],
        levels: {
          alert: 'RedisIsFull',
          warning: 0.85,
          critical: 0.97,
          lasting: 60,
          says: 'Redis uses {value} of its memory limit',
        },
      },
    },
  },
  narwhal_redis_evicted_total: {
    kind: 'counter',
    means: 'Keys that Redis evicted because its memory was full, since the server started.',
    across: 'same',
    shows: {
      redis_evictions: {
        title: 'Keys that Redis evicted',
        unit: 'events',
        read: { as: 'rate', per: 'second' },
        normal: [0, 0],
        levels: {
          alert: 'RedisEvicts',
          warning: 100,
          lasting: 300,
          says: 'Redis evicts {value} keys a second',
        },
      },
    },
  },
  narwhal_redis_replication_lag_bytes: {
    kind: 'gauge',
    means: 'How far the slowest replica of Redis is behind; absent without a replica.',
    across: 'same',
    shows: {
      redis_replication_lag: {
        title: 'Slowest replica of Redis',
        unit: 'bytes',
        read: { as: 'value' },
        normal: [0, 1_000_000],
      },
    },
  },
  narwhal_redis_fallbacks_total: {
    kind: 'counter',
    means:
      'Redis commands that failed or came too late: PostgreSQL served instead, or the sweeper will finish the work.',
    labels: { reason: ['late', 'failed'] },
    shows: {
      redis_fallbacks: {
        title: 'Redis commands that failed or came too late',
        unit: 'events',
        read: { as: 'rate', per: 'second', by: 'reason' },
        normal: [0, 0.1],
      },
    },
  },
  narwhal_cache_reads_total: {
    kind: 'counter',
    means:
      "What was read through a cache, by who answered: this process's memory (`near`), Redis, or PostgreSQL, because neither had it.",
    labels: { cache: ['session', 'feed', 'marks', 'counts', 'post'], from: ['near', 'redis', 'postgres'] },
    shows: {
      session_hits: hits('Sessions found in a cache', 'session'),
      feed_hits: hits('First pages of feeds found in a cache', 'feed'),
      mark_hits: hits('Likes and saves of readers found in a cache', 'marks', 'near|redis', 0.5),
      count_hits: hits('Counts found in a cache', 'counts'),
      post_hits: hits("Posts found in a process's memory", 'post', 'near', 0.5),
    },
  },
  narwhal_search_cut_total: {
    kind: 'counter',
    means:
      'Searches for similar words that reached their time limit; their answers say so (complete is false).',
    labels: { type: ['users', 'tags', 'places'] },
    shows: {
      search_cut: {
        title: 'Searches that reached their time limit',
        unit: 'events',
        read: { as: 'rate', per: 'second', by: 'type' },
        normal: [0, 0.1],
      },
    },
  },
  narwhal_disk_free_bytes: {
    kind: 'gauge',
    means: 'Free space on the disk of the object store; absent with S3.',
    across: 'each',
    shows: {
      disk_free: { title: 'Disk left', unit: 'bytes', read: { as: 'value' }, normal: 'more than 20 GB' },
    },
  },
  narwhal_disk_free_share: {
    kind: 'gauge',
    means: 'Free space on the disk of the object store, as a share of the disk; absent with S3.',
    across: 'each',
    shows: {
      disk_free_share: {
        title: 'Free share of the disk',
        unit: 'share',
        read: { as: 'value' },
        normal: [0.2, 1],
        levels: {
          alert: 'DiskIsFull',
          warning: 0.1,
          critical: 0.03,
          below: true,
          lasting: 60,
          says: 'only {value} of the disk with the photos is free',
        },
      },
    },
  },
});
