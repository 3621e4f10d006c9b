import { constants } from 'node:zlib';
import type { Repository } from '@app/storage/backups';
import { Refused } from '../../refused.js';
import type { Backup, Target } from '../backup-tool.js';

/**
 * The repository has these files for each cluster:
 *
 *   <cluster>/base/<time>/base.tar.zst    the data folder
 *   <cluster>/base/<time>/backup.json     about it, written last: a backup without it was cut short
 *   <cluster>/wal/<segment>.zst           every segment of WAL, and the histories of timelines
 */
export interface Stored extends Backup {
  /** The cluster's number. */
  system: string;
  major: number;
  /** The first and the last segment of WAL that it needs. */
  from: string;
  to: string;
  segmentBytes: number;
  /** The size of the data folder, unpacked. */
  unpackedBytes: number;
  /** The checksum of base.tar.zst, hex. */
  sha256: string;
  /** The password of the cluster's superuser, by which the restored one is reached. */
  password: string;
}

/** zstd checks itself: a damaged file is found without a list of sums. */
export const compression = {
  params: { [constants.ZSTD_c_compressionLevel]: 3, [constants.ZSTD_c_checksumFlag]: 1 },
};

export const baseOf = ({ system, name }: Pick<Stored, 'system' | 'name'>): string =>
  `${system}/base/${name}/base.tar.zst`;
export const aboutOf = ({ system, name }: Pick<Stored, 'system' | 'name'>): string =>
  `${system}/base/${name}/backup.json`;
export const walOf = (system: string, segment: string): string => `${system}/wal/${segment}.zst`;

async function readBackup(repository: Repository, name: string): Promise<Stored> {
  const chunks: Buffer[] = [];
  for await (const chunk of await repository.read(name)) chunks.push(chunk as Buffer);
  const about = JSON.parse(Buffer.concat(chunks).toString()) as Stored;
  return { ...about, begunAt: new Date(about.begunAt), endedAt: new Date(about.endedAt) };
}

/** Everything that the repository holds. */
export interface Contents {
  /** Complete ones, oldest first. */
  backups: Stored[];
  /** The sizes of all files, by name. */
  sizes: ReadonlyMap<string, number>;
}

export async function contentsOf(repository: Repository): Promise<Contents> {
  const sizes = new Map<string, number>();
  for await (const { name, bytes } of repository.list()) sizes.set(name, bytes);
  const abouts = [...sizes.keys()].filter((name) => /^\d+\/base\/[^/]+\/backup\.json$/.test(name));
  const backups = await Promise.all(abouts.map((name) => readBackup(repository, name)));
  return { backups: backups.toSorted((a, b) => a.endedAt.getTime() - b.endedAt.getTime()), sizes };
}

/** The first eight digits of what belongs to a timeline; every restore begins the next. */
export const timelineOf = (segment: string): string => segment.slice(0, 8);

/** The place of a segment in the order of its timeline. */
export function positionOf(segment: string, segmentBytes: number): number {
  const [high, low] = [segment.slice(8, 16), segment.slice(16, 24)].map((part) => Number.parseInt(part, 16));
  return (high ?? 0) * (2 ** 32 / segmentBytes) + (low ?? 0);
}

/** The segments of WAL of a cluster, in order. */
export function segmentsOf({ sizes }: Contents, system: string): string[] {
  const names = [...sizes.keys()].flatMap((name) => /^(\d+)\/wal\/([0-9A-F]{24})\.zst$/.exec(name) ?? []);
  return names.filter((_, at) => at % 3 === 2 && names[at - 1] === system).toSorted();
}

/** The name of the segment at a place, on the timeline of another. */
export function segmentAt(
  position: number,
  { from, segmentBytes }: Pick<Stored, 'from' | 'segmentBytes'>,
): string {
  const perFile = 2 ** 32 / segmentBytes;
  const part = (value: number): string => value.toString(16).toUpperCase().padStart(8, '0');
  return `${timelineOf(from)}${part(Math.floor(position / perFile))}${part(position % perFile)}`;
}

/**
 * The first segment of a backup's timeline that is missing since its first; null: there is none up to the timeline's newest, and
 * all that the backup needs is there.
 */
export function gapAfter(contents: Contents, backup: Stored): string | null {
  const { system, from, to, segmentBytes } = backup;
  const line = segmentsOf(contents, system).filter((segment) => timelineOf(segment) === timelineOf(from));
  const there = new Set(line.map((segment) => positionOf(segment, segmentBytes)));
  const last = Math.max(positionOf(to, segmentBytes), positionOf(line.at(-1) ?? to, segmentBytes));
  for (let at = positionOf(from, segmentBytes); at <= last; at += 1)
    if (!there.has(at)) return segmentAt(at, backup);
  return null;
}

/** A segment without which a backup is of no use, whatever the time to restore to. */
export const needs = ({ to, segmentBytes }: Stored, segment: string): boolean =>
  positionOf(segment, segmentBytes) <= positionOf(to, segmentBytes);

/** The newest backup that was complete by then, of the only cluster or of the one that is named. */
export function choose(backups: readonly Stored[], target: Target, cluster?: string): Stored {
  const newest = new Map(backups.map(({ system, endedAt }) => [system, endedAt]));
  if (cluster === undefined && newest.size > 1) {
    const each = [...newest].map(([system, endedAt]) => `${system} (newest ${endedAt.toISOString()})`);
    throw new Refused(
      `the repository has backups of several clusters, name one by --cluster: ${each.join(', ')}`,
    );
  }
  const own = cluster === undefined ? backups : backups.filter(({ system }) => system === cluster);
  const [first] = own;
  if (!first)
    throw new Refused(
      `there is no complete backup${cluster === undefined ? '' : ` of the cluster ${cluster}`} in the repository`,
    );
  const chosen = own.findLast(({ endedAt }) => target === 'latest' || endedAt <= target);
  if (chosen) return chosen;
  throw new Refused(
    `the first backup is complete since ${first.endedAt.toISOString()}: name that time or a later one`,
  );
}
