import { z } from 'zod';
import { count, flag, shown, time } from '../http/fields.js';

/** Sentences and reasons quote what stores say; nothing of theirs is longer. */
const SENTENCE = 10_000;
/** The longest name of a process, host or table, and how many of each there may be. */
const NAME = 255;
const MANY = 10_000;

const state = z.enum(['ok', 'slow', 'down', 'wrong']).meta({ description: 'How it is.' });
const seconds = (description: string) => z.number().meta({ description });

const sentence = z.object({
  level: z.enum(['critical', 'warning', 'note']).meta({ description: 'How much it matters.' }),
  text: shown(SENTENCE, 'What is wrong, in English.'),
  runbook: shown(NAME, "What to do: a file of Narwhal's, from its root.").optional(),
});

const part = z.object({
  state,
  milliseconds: seconds('How long its last check took, in milliseconds.'),
  since: time.meta({ description: 'When this state began.' }),
  why: shown(SENTENCE, 'Why it is so; empty when all is well.'),
  reach: z
    .enum(['only_this_process', 'everybody', 'unknown'])
    .optional()
    .meta({ description: 'Whom its failure concerns.' }),
});

const waiting = z.object({
  kind: shown(NAME, 'What the rows wait for.'),
  count: count('How many rows wait.'),
  age: seconds('For how long the oldest has waited, in seconds.'),
  stuck: z.int().meta({
    description: 'How many were tried and do not move, or are overdue while nothing of their kind moves.',
  }),
  stuckAge: z.number().meta({ description: 'For how long the oldest of those has been stuck, in seconds.' }),
  lately: z
    .int()
    .nullable()
    .meta({ description: 'How many were carried out in the last minute; null where nobody can tell.' }),
  oldest: shown(SENTENCE, 'Which is the oldest; null for none.').nullable(),
});

const process = z.object({
  id: shown(NAME, 'Its name in heartbeats.'),
  kind: z.enum(['api', 'worker']).meta({ description: 'What it does.' }),
  host: shown(NAME, 'The name of its machine.'),
  pid: count('Its number on that machine.'),
  version: shown(NAME, 'Its release.'),
  startedAt: time.meta({ description: 'When it started.' }),
  age: z.number().meta({ description: 'Seconds since its last heartbeat.' }),
  living: flag('Whether its heartbeat is young.'),
  silentSince: time.meta({ description: 'When its last heartbeat was.' }),
  sees: z.record(z.string(), state).meta({ description: 'How it sees each store.' }),
});

const pool = z
  .object({
    busy: count('Connections at work.'),
    idle: count('Connections without work.'),
    waiting: count('Queries that wait for one.'),
  })
  .meta({ description: 'This process’s connections to PostgreSQL.' });
const figures = (description: string) =>
  z.record(z.string(), z.number().nullable()).nullable().meta({ description });

const backup = z.object({
  kind: z.enum(['backup', 'drill', 'verify', 'wal']).meta({ description: 'What was tried.' }),
  good: flag('Whether it is of use.'),
  sentence: shown(SENTENCE, 'How it ended, in English.'),
  bytes: count('Size of the backup; 0 where there is none.'),
  endedAt: time.meta({ description: 'When it ended.' }),
  age: seconds(
    'Seconds since the newest good one of its kind ended; since the first attempt, where none was good.',
  ),
});

/** Everything that an operator needs to diagnose a problem, as the answering process knows it. */
export const adminHealth = z
  .object({
    version: shown(NAME, 'The release of the process that answers.'),
    at: time.meta({ description: 'When it answers.' }),
    status: z
      .enum(['ready', 'degraded', 'draining', 'schema_behind', 'cut_off', 'isolated'])
      .meta({ description: 'What each means, and which answers 503, is in docs/health.md.' }),
    sentences: z.array(sentence).max(MANY).meta({ description: 'What is wrong, the worst first.' }),
    parts: z.record(z.string(), part).meta({ description: 'Each store and neighbour, by its name.' }),
    quiet: z
      .boolean()
      .nullable()
      .meta({ description: 'Whether no row waits for later work; null while PostgreSQL is away.' }),
    pending: z
      .array(waiting)
      .max(MANY)
      .nullable()
      .meta({ description: 'Rows that wait, by kind; age of the oldest in seconds.' }),
    queues: z
      .record(
        z.string(),
        z.object({ depth: count('Jobs that wait.'), age: seconds('Of the oldest, in seconds.') }),
      )
      .nullable()
      .meta({ description: 'Jobs by queue; null while Redis is away.' }),
    processes: z.array(process).max(MANY).meta({ description: 'Every process that sends heartbeats.' }),
    postgres: z
      .object({
        pool,
        facts: figures('What PostgreSQL says of itself; null while it is away.'),
        sizes: figures('Bytes and rows of its tables; null while it is away.'),
      })
      .meta({ description: 'The database.' }),
    redis: figures('What Redis says of itself; null while it is away.'),
    disk: figures('Of the store of objects; null where nobody can tell.'),
    backups: z.array(backup).max(MANY).nullable().meta({
      description: 'How the newest backup, check and drill ended; null while PostgreSQL is away.',
    }),
  })
  .meta({ id: 'AdminHealth', description: 'Everything that an operator needs to see what is wrong.' });
