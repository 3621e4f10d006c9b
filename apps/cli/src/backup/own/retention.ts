import { positionOf, timelineOf, type Contents, type Stored } from './stored.js';

export const DAY = 86_400_000;

/** The newest of each day (UTC) and timeline, for so many days that have one: several of one day push out none of another. */
export function toKeep(own: readonly Stored[], days: number): Stored[] {
  const byDay = Map.groupBy(own, ({ endedAt }) => endedAt.toISOString().slice(0, 10));
  return [...byDay.values()].slice(-Math.max(1, days)).flatMap((ofDay) => {
    const lines = Map.groupBy(ofDay, ({ from }) => timelineOf(from));
    return [...lines.values()].flatMap((line) => line.slice(-1));
  });
}

/**
 * The files of a cluster that are to be deleted: backups that are not to be kept, those that were cut short more than a day ago, and WAL
 * that none needs. A restore goes along its backup's own timeline, and a newer timeline lies before older ones' backups.
 */
export function filesOver({ backups, sizes }: Contents, system: string, days: number, now: number): string[] {
  const own = backups.filter((backup) => backup.system === system);
  const newest = own.at(-1);
  if (!newest) return [];
  const kept = toKeep(own, days);
  const isNeeded = (segment: string): boolean =>
    timelineOf(segment) > timelineOf(newest.from) ||
    kept.some(
      ({ from, segmentBytes }) =>
        timelineOf(segment) === timelineOf(from) &&
        positionOf(segment, segmentBytes) >= positionOf(from, segmentBytes),
    );
  const isOver = (file: string): boolean => {
    const [cluster, room, name = ''] = file.split('/');
    if (cluster !== system) return false;
    // Histories of timelines stay, so that no number is used twice.
    if (room === 'wal') return /^[0-9A-F]{24}/.test(name) && !isNeeded(name);
    const madeAt = Date.parse(name.replace(/T(\d\d)-(\d\d)-/, 'T$1:$2:'));
    const isComplete = own.some((backup) => backup.name === name);
    return isComplete ? !kept.some((backup) => backup.name === name) : madeAt < now - DAY;
  };
  // Delete backup.json first: it marks a backup as complete.
  return [...sizes.keys()]
    .filter(isOver)
    .toSorted((a, b) => Number(b.endsWith('.json')) - Number(a.endsWith('.json')));
}
