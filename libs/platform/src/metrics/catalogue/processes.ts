import { inPart } from '../entry.js';

/** Node's figures of each process, and the list of processes. */
export const processes = inPart('processes', {
  narwhal_processes: {
    kind: 'gauge',
    means: 'Processes whose heartbeat is not older than 10 s, by kind.',
    labels: { kind: ['api', 'worker'] },
    across: 'same',
    shows: {
      processes: {
        title: 'Processes',
        unit: 'count',
        read: { as: 'value', by: 'kind' },
        normal: 'as many as you run',
      },
      workers: {
        title: 'Workers',
        unit: 'count',
        read: { as: 'value', where: { kind: 'worker' } },
        normal: 'one or more',
        levels: {
          alert: 'NoWorker',
          critical: 1,
          below: true,
          lasting: 4,
          says: 'no worker has sent a heartbeat for 10 s: photos are not developed, posts are not delivered',
        },
      },
    },
  },
  narwhal_process_cpu_seconds_total: {
    kind: 'counter',
    means: 'Processor time, user and system.',
    shows: {
      cpu: {
        title: 'Processor',
        unit: 'share',
        read: { as: 'rate', per: 'second' },
        normal: 'below 0.8 of a core an api; a worker as much as its photos need',
      },
    },
  },
  narwhal_process_resident_memory_bytes: {
    kind: 'gauge',
    means: 'Resident memory of the process, without its children.',
    across: 'each',
    shows: {
      memory: {
        title: 'Memory',
        unit: 'bytes',
        read: { as: 'value' },
        normal: [80_000_000, 600_000_000],
        levels: {
          alert: 'ProcessIsLarge',
          warning: 1_200_000_000,
          critical: 2_000_000_000,
          lasting: 300,
          says: '{process} uses {value} of memory',
        },
      },
    },
  },
  narwhal_nodejs_heap_size_used_bytes: {
    kind: 'gauge',
    means: 'Heap in use.',
    across: 'each',
    shows: {
      heap: { title: 'Heap', unit: 'bytes', read: { as: 'value' }, normal: [40_000_000, 300_000_000] },
    },
  },
  narwhal_nodejs_eventloop_lag_seconds: {
    kind: 'gauge',
    means: 'Lag of the event loop, 99th percentile of the last ten to twenty seconds.',
    across: 'each',
    shows: {
      loop_lag: {
        title: 'Event loop, 99th percentile of its lag',
        unit: 'seconds',
        read: { as: 'value' },
        normal: [0, 0.05],
        levels: {
          alert: 'LoopLags',
          warning: 0.25,
          critical: 1,
          lasting: 60,
          says: 'the event loop of {process} is {value} late',
        },
      },
    },
  },
  narwhal_nodejs_gc_seconds_total: {
    kind: 'counter',
    means: 'Time in garbage collection.',
    shows: {
      gc: {
        title: 'Garbage collection',
        unit: 'share',
        read: { as: 'rate', per: 'second' },
        normal: [0, 0.05],
      },
    },
  },
  narwhal_process_open_fds: {
    kind: 'gauge',
    means: 'Open files and sockets.',
    across: 'each',
    shows: {
      open_files: {
        title: 'Open files and sockets',
        unit: 'count',
        read: { as: 'value' },
        normal: 'some 50, and one a client',
      },
    },
  },
  narwhal_process_start_time_seconds: {
    kind: 'gauge',
    means: 'When the process started, in Unix time.',
    across: 'each',
    shows: {
      started: {
        title: 'Started',
        unit: 'seconds',
        read: { as: 'value' },
        normal: 'does not change by itself',
      },
    },
  },
});
