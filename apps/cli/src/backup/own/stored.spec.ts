import { expect, test } from 'vitest';
import { toKeep, filesOver } from './retention.js';
import { aboutOf, baseOf, choose, gapAfter, walOf, type Contents, type Stored } from './stored.js';

const [FIRST, SECOND, THIRD] = ['00000001', '00000002', '00000003'] as const;
const segment = (timeline: string, position: number): string =>
  `${timeline}00000000${position.toString(16).toUpperCase().padStart(8, '0')}`;

/** Complete at a time, with the segment at `position` and the one after it. */
function backup(time: string, timeline: string, position: number, system = '1'): Stored {
  const endedAt = new Date(time);
  return {
    system,
    name: time.replaceAll(':', '-'),
    begunAt: endedAt,
    endedAt,
    from: segment(timeline, position),
    to: segment(timeline, position + 1),
    major: 18,
    segmentBytes: 16 * 1024 ** 2,
    unpackedBytes: 1,
    bytes: 1,
    sha256: '',
    password: '',
  };
}

const contents = (backups: Stored[], segments: string[]): Contents => ({
  backups,
  sizes: new Map(
    [
      ...backups.flatMap((each) => [baseOf(each), aboutOf(each)]),
      ...segments.map((name) => walOf('1', name)),
    ].map((name) => [name, 1]),
  ),
});

const now = Date.parse('2026-11-30T12:00:00Z');

test('a restore to an earlier time takes no WAL from the backups of the old timeline', () => {
  const [old, young] = [
    backup('2026-11-29T08:00:00.000Z', FIRST, 100),
    backup('2026-11-30T08:00:00.000Z', SECOND, 50),
  ];
  const needed = [segment(FIRST, 100), segment(FIRST, 101), segment(SECOND, 50), segment(SECOND, 51)];
  const over = [segment(FIRST, 60), segment(SECOND, 40), `${segment(FIRST, 99)}.partial`];
  const all = contents([old, young], [...needed, ...over, segment(THIRD, 10), '00000002.history']);
  expect(filesOver(all, '1', 7, now)).toEqual(over.map((name) => walOf('1', name)));
});

test('several backups of a day push out no other day; the newest always stays', () => {
  const days = ['24', '25', '26', '27', '28', '29'].map((day, at) =>
    backup(`2026-11-${day}T08:00:00.000Z`, FIRST, at),
  );
  const today = ['08', '09', '10', '11'].map((hour, at) =>
    backup(`2026-11-30T${hour}:00:00.000Z`, FIRST, 10 + at),
  );
  const restored = backup('2026-11-30T11:30:00.000Z', SECOND, 9);
  expect(toKeep([...days, ...today, restored], 7)).toEqual([...days, today[3], restored]);
  expect(toKeep([...days, ...today], 1)).toEqual([today[3]]);
  expect(toKeep(today, 0)).toEqual([today[3]]);
});

test('what was cut short goes after a day, and what says that a backup is complete goes first', () => {
  const [first, second] = [
    backup('2026-11-30T08:00:00.000Z', FIRST, 1),
    backup('2026-11-30T09:00:00.000Z', FIRST, 5),
  ];
  const all = contents([first, second], []);
  const cutShort = ['2026-11-29T08-00-00.000Z', '2026-11-30T07-00-00.000Z'].map((name) =>
    baseOf({ system: '1', name }),
  );
  const sizes = new Map([
    ...all.sizes,
    ...cutShort.map((name) => [name, 1] as const),
    [`2/wal/${first.from}.zst`, 1],
  ]);
  expect(filesOver({ ...all, sizes }, '1', 7, now)).toEqual([aboutOf(first), baseOf(first), cutShort[0]]);
});

test('a gap is one of the own timeline', () => {
  const [old, young] = [
    backup('2026-11-29T08:00:00.000Z', FIRST, 10),
    backup('2026-11-30T08:00:00.000Z', SECOND, 12),
  ];
  const line = (timeline: string, ...positions: number[]) =>
    positions.map((position) => segment(timeline, position));
  const gap = (of: Stored, ...segments: string[]) => gapAfter(contents([old, young], segments), of);
  expect(gap(old, ...line(FIRST, 10, 11), ...line(SECOND, 12, 13, 20))).toBeNull();
  expect(gap(old, ...line(FIRST, 10, 11, 13), ...line(SECOND, 12, 13))).toBe(segment(FIRST, 12));
  expect(gap(old, ...line(FIRST, 10), ...line(SECOND, 11, 12))).toBe(segment(FIRST, 11));
  expect(gap(young, ...line(FIRST, 12, 13, 14), ...line(SECOND, 12, 13, 15))).toBe(segment(SECOND, 14));
});

test('of several clusters one has to be named', () => {
  const [own, other] = [
    backup('2026-11-29T08:00:00.000Z', FIRST, 1),
    backup('2026-11-30T08:00:00.000Z', FIRST, 1, '2'),
  ];
  expect(choose([own], 'latest')).toBe(own);
  expect(() => choose([own, other], 'latest')).toThrow(
    /by --cluster: 1 \(newest 2026-11-29T08:00:00.000Z\), 2 \(newest 2026-11-30T08:00:00.000Z\)$/,
  );
  expect(choose([own, other], 'latest', '1')).toBe(own);
  expect(() => choose([own, other], 'latest', '3')).toThrow('no complete backup of the cluster 3 ');
  expect(() => choose([own], new Date(0), '1')).toThrow('the first backup is complete since 2026-11-29');
});
