import { z } from 'zod';

const state = z.enum(['ok', 'slow', 'down', 'wrong']);
const moment = z.iso.datetime();

const sentence = z.object({
  level: z.enum(['critical', 'warning', 'note']),
  text: z.string(),
  runbook: z.string().optional().meta({ description: "What to do: a file of Narwhal's, from its root." }),
});

const part = z.object({
  state,
  milliseconds: z.number(),
  since: moment.meta({ description: 'When this state began.' }),
  why: z.string(),
  reach: z.enum(['only_this_process', 'everybody', 'unknown']).optional(),
});

const waiting = z.object({
  kind: z.string(),
  count: z.int(),
  age: z.number(),
  stuck: z.int().meta({
    description: 'How many were tried and do not move, or are overdue while nothing of their kind moves.',
  }),
  stuckAge: z.number().meta({ description: 'For how long the oldest of those has been stuck, in seconds.' }),
  lately: z
    .int()
    .nullable()
    .meta({ description: 'How many were carried out in the last minute; null where nobody can tell.' }),
  oldest: z.string().nullable(),
});

const process = z.object({
  id: z.string(),
  kind: z.enum(['api', 'worker']),
  host: z.string(),
  pid: z.int(),
  version: z.string(),
  startedAt: moment,
  age: z.number().meta({ description: 'Seconds since its last heartbeat.' }),
  living: z.boolean(),
  silentSince: moment,
  sees: z.record(z.string(), state),
});

const pool = z.object({ busy: z.int(), idle: z.int(), waiting: z.int() });
const figures = z.record(z.string(), z.number().nullable()).nullable();

/** Everything that an operator needs to diagnose a problem, as the answering process knows it. */
export const adminHealth = z
  .object({
    version: z.string(),
    at: moment,
    status: z.enum(['ready', 'degraded', 'draining', 'schema_behind', 'cut_off', 'isolated']),
    sentences: z.array(sentence).meta({ description: 'What is wrong, the worst first.' }),
    parts: z.record(z.string(), part),
    quiet: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether no row waits for later work; null while PostgreSQL is away.' }),
    pending: z
      .array(waiting)
      .nullable()
      .meta({ description: 'Rows that wait, by kind; age of the oldest in seconds.' }),
    queues: z
      .record(z.string(), z.object({ depth: z.int(), age: z.number() }))
      .nullable()
      .meta({ description: 'Jobs by queue; null while Redis is away.' }),
    processes: z.array(process),
    postgres: z.object({ pool, facts: figures, sizes: figures }),
    redis: figures,
    disk: figures,
  })
  .meta({ id: 'AdminHealth' });
