import {
  inWords,
  levelOf,
  limits,
  metrics,
  readView,
  runbookOf,
  saysOf,
  type Scrape,
  type StoreName,
  type SyntheticStep,
} from '@app/platform';
import { OWNER_SERVES, type NewestOutcome, type Pending, type StoreHealth } from '@app/storage';
import type { Part } from './dependencies.js';
import type { OperatorsReport, ProcessLine } from './report.js';

/** One sentence about something that an operator should know. */
export interface Sentence {
  level: 'critical' | 'warning' | 'note';
  text: string;
  /** The runbook's file, from the root of the project. */
  runbook?: string;
}

const stores: Record<StoreName, { name: string; without: string }> = {
  database: { name: 'PostgreSQL', without: 'nothing can be written, and little can be read' },
  redis: { name: 'Redis', without: 'PostgreSQL serves feeds and counts, slower' },
  queue: { name: 'The Redis of the queues', without: 'later work waits for the sweeper' },
  objects: { name: 'The object store', without: 'photos can be neither uploaded nor shown' },
};

export const clock = (date: Date): string => `${date.toISOString().slice(11, 16)} UTC`;

/** A nearly full disk still serves existing photos; only new ones have no room. */
function fullSentence({ state, since, why }: Part, disk: StoreHealth | null): Sentence | null {
  const free = disk?.freeBytes ?? Infinity;
  if (state !== 'wrong' || free >= limits.photo.freeBytes) return null;
  const text = `The object store has been full since ${clock(since)} (${why}): photos are shown, but uploads are refused.`;
  return { level: 'critical', text, runbook: runbookOf('DiskIsFull') };
}

function storeSentence(name: StoreName, part: Part, disk: StoreHealth | null): Sentence | null {
  const { state, why, since, reach, milliseconds } = part;
  if (state === 'ok') return null;
  const full = name === 'objects' ? fullSentence(part, disk) : null;
  if (full) return full;
  const store = stores[name];
  if (state === 'slow') {
    const text = `${store.name} has been slow since ${clock(since)}: ${inWords(milliseconds / 1000, 'seconds')} for the smallest query.`;
    return { level: 'warning', text, runbook: runbookOf('StoreIsSlow') };
  }
  const alone = reach === 'only_this_process' ? ' Only this process cannot reach it; others can.' : '';
  const verb = state === 'down' ? 'has been down' : 'has been unusable';
  const text = `${store.name} ${verb} since ${clock(since)} (${why}): ${store.without}.${alone}`;
  return { level: 'critical', text, runbook: runbookOf('StoreIsAway') };
}

const waits: Record<Pending['kind'], { one: string; many: string; where: string }> = {
  photos: { one: 'photo', many: 'photos', where: 'processing' },
  posts: { one: 'post', many: 'posts', where: 'publishing' },
  outbox: { one: 'effect', many: 'effects', where: 'the outbox' },
  deltas: { one: 'change of a count', many: 'changes of counts', where: 'count_deltas' },
  mails: { one: 'mail', many: 'mails', where: 'mails' },
  transfers: { one: 'export or import', many: 'exports and imports', where: 'transfers' },
};

function stuckSentence({ kind, stuck, stuckAge, oldest }: Pending, now: Date): Sentence | null {
  if (stuck === 0) return null;
  const { one, many, where } = waits[kind];
  const since = clock(new Date(now.getTime() - stuckAge * 1000));
  const what = stuck === 1 ? `${one} is` : `${many} are`;
  const text = `${stuck} ${what} stuck in ${where}, the oldest since ${since} (${oldest ?? 'unknown'}).`;
  return { level: stuckAge > 600 ? 'critical' : 'warning', text, runbook: runbookOf('WorkIsStuck') };
}

/** Rows that have waited for less than this, in seconds, are not mentioned. */
const WAITS = 15;

/** A backlog that moves is no fault: how long it will take, by what was done in the last minute. */
function waitingSentence({ kind, count, stuck, age, lately }: Pending): Sentence | null {
  const left = count - stuck;
  if (left <= 0 || age < WAITS || lately === null) return null;
  const { one, many } = waits[kind];
  const what = left === 1 ? `${one} waits its turn` : `${many} wait their turn`;
  const longest = inWords(Math.round(age), 'seconds');
  const pace =
    lately === 0
      ? 'none was done in the last minute'
      : `${lately} were done in the last minute, so these take about ${inWords(Math.ceil((left * 60) / lately), 'seconds')}`;
  return { level: 'note', text: `${left} ${what}, the oldest for ${longest}; ${pace}.` };
}

function workerSentence(processes: readonly ProcessLine[]): Sentence | null {
  const workers = processes.filter(({ kind }) => kind === 'worker');
  if (workers.some(({ living }) => living)) return null;
  const last = workers.length > 0 ? Math.min(...workers.map(({ age }) => age)) : null;
  const heard =
    last === null
      ? 'no heartbeat was ever received'
      : `the last heartbeat was ${inWords(Math.round(last), 'seconds')} ago`;
  const text = `No worker is running; ${heard}: photos are not developed, posts are not delivered.`;
  return { level: 'critical', text, runbook: runbookOf('NoWorker') };
}

/** Silent processes without a successor, for an hour: after that they count as removed on purpose. */
function silentSentences(processes: readonly ProcessLine[]): Sentence[] {
  const living = processes.filter((one) => one.living);
  return processes
    .filter(
      ({ living: lives, age, kind, host, silentSince }) =>
        !lives &&
        age < 3_600 &&
        !living.some((other) => other.kind === kind && other.host === host && other.startedAt > silentSince),
    )
    .map(({ kind, pid, host, age }) => ({
      level: 'warning' as const,
      text: `The ${kind} ${pid} on ${host} has sent no heartbeat for ${inWords(Math.round(age), 'seconds')}.`,
      runbook: runbookOf('ProcessIsDown'),
    }));
}

/** The failed step of a synthetic check, in words. */
const visiting: Record<SyntheticStep, string> = {
  account: 'cannot use its account',
  sign_in: 'cannot sign in',
  upload: 'cannot upload a photo',
  develop: 'gets no ready photo',
  post: 'cannot post',
  feed: 'does not find its post in the feed',
  media: 'cannot load a photo',
  clean_up: 'cannot delete its post',
};

function visitSentences(processes: readonly ProcessLine[]): Sentence[] {
  return processes.flatMap(({ living, visit }) => {
    if (!living || !visit?.failed) return [];
    const text = `The synthetic check has failed since ${clock(new Date(visit.since))}: it ${visiting[visit.failed]} (${visit.why}).`;
    return [{ level: 'critical' as const, text, runbook: runbookOf('VisitFails') }];
  });
}

function wallSentences(processes: readonly ProcessLine[]): Sentence[] {
  return processes.flatMap(({ living, pid, host, wall }) =>
    living && wall ? [{ level: 'warning' as const, text: `The worker ${pid} on ${host} ${wall}.` }] : [],
  );
}

const backupWords: Record<NewestOutcome['kind'], string> = {
  backup: 'backup',
  verify: 'check of the backups',
  drill: 'drill (a restore that was tried)',
  wal: 'look at the archive of WAL',
};

/** How the newest of each kind ended, in its own words. */
function backupSentences(backups: readonly NewestOutcome[]): Sentence[] {
  return backups.map(({ kind, good, sentence, endedAt }) => {
    const when = `${endedAt.slice(0, 10)} ${clock(new Date(endedAt))}`;
    const text = `The newest ${backupWords[kind]}, of ${when}, ${good ? 'is good' : 'failed'}: ${sentence}`;
    if (good) return { level: 'note', text };
    const missing = kind === 'wal';
    return {
      level: missing ? 'critical' : 'warning',
      text,
      runbook: runbookOf(missing ? 'WalIsMissing' : 'BackupFails'),
    };
  });
}

/** Alerts that the sentences above describe better, or that need two scrapes. */
const said = new Set(['StoreIsAway', 'WorkIsStuck', 'NoWorker', 'VisitFails', 'BackupFails', 'WalIsMissing']);

/** The catalogue's sentences about the gauges of this process. */
function gaugeSentences(scrape: Scrape): Sentence[] {
  const span = { before: scrape, after: scrape, seconds: 1 };
  return metrics.flatMap((line) =>
    Object.values(line[1].shows).flatMap((view) => {
      const { levels, read } = view;
      if (!levels || read.as !== 'value' || said.has(levels.alert)) return [];
      return [...readView(span, line, view)].flatMap(([group, value]) => {
        const level = value === null ? null : levelOf(value, levels);
        if (value === null || level === null) return [];
        const fillings = {
          value: inWords(value, view.unit),
          process: 'this process',
          [read.by ?? 'group']: group,
        };
        const says = saysOf(levels, fillings);
        const text = `${says.charAt(0).toUpperCase()}${says.slice(1)}.`;
        return [{ level, text, runbook: runbookOf(levels.alert) }];
      });
    }),
  );
}

const order = ['critical', 'warning', 'note'];

/** Everything that is wrong, the worst first; one reassuring sentence when nothing is. */
export function sentencesOf(report: Omit<OperatorsReport, 'sentences'>, scrape: Scrape): Sentence[] {
  const now = new Date(report.at);
  const found = [
    ...Object.entries(report.parts).map(([name, part]) =>
      storeSentence(name as StoreName, part, report.disk),
    ),
    report.processes.length > 0 ? workerSentence(report.processes) : null,
    ...(report.pending ?? []).flatMap((row) => [stuckSentence(row, now), waitingSentence(row)]),
    ...silentSentences(report.processes),
    ...visitSentences(report.processes),
    ...wallSentences(report.processes),
    ...gaugeSentences(scrape),
    report.postgres.ownsTables ? { level: 'note' as const, text: OWNER_SERVES } : null,
  ].filter((sentence) => sentence !== null);
  const backups = backupSentences(report.backups ?? []);
  if (found.length === 0 && backups.every(({ level }) => level === 'note'))
    return [{ level: 'note', text: 'All is well.' }, ...backups];
  return [...found, ...backups].toSorted((a, b) => order.indexOf(a.level) - order.indexOf(b.level));
}
