import { expect, test } from 'vitest';
import { gapsOf, segmentsIn } from './pgbackrest-archive.js';

const MiB = 2 ** 20;
const wal = (timeline: number, file: number, within: number): string =>
  [timeline, file, within].map((part) => part.toString(16).toUpperCase().padStart(8, '0')).join('');

test('a whole archive goes on from one file of 4 GiB to the next, and from a timeline to the one that left it', () => {
  const names = [wal(1, 0, 0xfe), wal(1, 0, 0xff), wal(1, 1, 0), wal(1, 1, 1), wal(2, 1, 0), wal(2, 1, 1)];
  expect(gapsOf(names, wal(1, 0, 0xfe), wal(2, 1, 1), 16 * MiB)).toEqual([]);
  // Segments of 64 MiB: 64 of them make 4 GiB.
  expect(gapsOf([wal(1, 0, 0x3f), wal(1, 1, 0)], wal(1, 0, 0x3f), '', 64 * MiB)).toEqual([]);
  // The backup does not need older segments.
  expect(gapsOf([wal(1, 0, 1), wal(1, 0, 5)], wal(1, 0, 5), '', 16 * MiB)).toEqual([]);
});

test('a gap is told wherever it is: at the beginning, in between, at another timeline, at the end', () => {
  const first = wal(1, 0, 1);
  const said = (names: string[], archived = '') =>
    gapsOf(names, first, archived, 16 * MiB).map((text) => text.split(':')[0]);
  expect(said([wal(1, 0, 2)])).toEqual([`1 segment of WAL before ${wal(1, 0, 2)} missing from the archive`]);
  expect(said([first, wal(1, 0, 4)])).toEqual([
    `2 segments of WAL before ${wal(1, 0, 4)} missing from the archive`,
  ]);
  expect(said([first, wal(2, 0, 3)])).toEqual([
    `1 segment of WAL before ${wal(2, 0, 3)} missing from the archive`,
  ]);
  expect(said([first], wal(1, 0, 2))).toEqual([
    `the newest segment of WAL up to ${wal(1, 0, 2)} missing from the archive`,
  ]);
});

test('of a listing it counts whole segments', () => {
  const name = wal(1, 0, 2);
  const sum = '8746aa0421876a943e820951be672e86e0f4199d';
  const listing = `15-1\n15-1/0000000100000000/${name}-${sum}.zst\n15-1/0000000100000000/${name}.00000028.backup\n15-1/0000000100000000/${wal(1, 0, 3)}.partial-${sum}.zst\n15-1/00000002.history\n`;
  expect(segmentsIn(listing)).toEqual([name]);
});
