/** A segment of WAL by its file's name: timeline, and its number among all segments. */
interface Segment {
  name: string;
  timeline: number;
  number: number;
}

/** A name's last eight digits count the segments of 4 GiB. */
const perFile = (segmentBytes: number): number => 2 ** 32 / segmentBytes;

function segmentOf(name: string, segmentBytes: number): Segment {
  const [timeline, file, within] = [0, 8, 16].map((at) => parseInt(name.slice(at, at + 8), 16)) as [
    number,
    number,
    number,
  ];
  return { name, timeline, number: file * perFile(segmentBytes) + within };
}

/**
 * Where segments of WAL are missing between `from` and the newest, a sentence each. pgBackRest sees no gap by itself: `check`,
 * `verify` and the next backup succeed after it has dropped WAL. `archived` is what PostgreSQL believes to be archived.
 */
export function gapsOf(
  names: readonly string[],
  from: string,
  archived: string,
  segmentBytes: number,
): string[] {
  const first = segmentOf(from, segmentBytes);
  const segments = names
    .map((name) => segmentOf(name, segmentBytes))
    .filter(
      ({ timeline, number }) =>
        timeline > first.timeline || (timeline === first.timeline && number >= first.number),
    )
    .toSorted((a, b) => a.timeline - b.timeline || a.number - b.number);
  const gaps: string[] = [];
  // A timeline begins within the segment that the one before it ends in.
  let before = { timeline: first.timeline, number: first.number - 1, name: '' };
  for (const segment of segments) {
    const missing = segment.number - before.number - 1;
    if (missing > 0)
      gaps.push(
        `${missing} segment${missing === 1 ? '' : 's'} of WAL before ${segment.name} missing from the archive`,
      );
    before = segment;
  }
  const last = segmentOf(archived || from, segmentBytes);
  const ahead = last.timeline === before.timeline ? last.number - before.number : 0;
  if (ahead > 0)
    gaps.push(
      `the newest ${ahead === 1 ? 'segment' : `${ahead} segments`} of WAL up to ${last.name} missing from the archive`,
    );
  return gaps.map((gap) => `${gap}: no restore from an earlier backup gets past there`);
}

/** What `repo-ls` prints of an archive: the names of whole segments, each once. */
export const segmentsIn = (listing: string): string[] => [
  ...new Set([...listing.matchAll(/([0-9A-F]{24})-[0-9a-f]{40}/g)].map(([, name = '']) => name)),
];
