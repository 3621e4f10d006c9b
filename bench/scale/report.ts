import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { svgOf } from './plot.ts';
import type { Delivery } from './deliveries.ts';
import type { PageFigures } from './measure.ts';
import type { Rebuild } from './rebuild.ts';

/** The measurements at one size. */
export interface Size {
  users: number;
  pages: PageFigures;
  rebuild: Rebuild;
  postBytes: number;
  deliveries: Delivery[];
  /** Seconds to generate the people, and in total; PostgreSQL's bytes on disk. */
  generated: number;
  took: number;
  disk: number;
}

const document = new URL('../../docs/measurements/scale.md', import.meta.url);
const figures = new URL('../../docs/measurements/scale.json', import.meta.url);
const picture = new URL('../../docs/measurements/scale.svg', import.meta.url);

const count = (value: number): string => (value >= 1e6 ? `${value / 1e6} M` : `${value / 1e3} k`);
const seconds = (value: number): string =>
  value < 1 ? `${(value * 1000).toFixed(0)} ms` : `${value.toFixed(1)} s`;
const row = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`;

/** The tables of docs/measurements/scale.md. */
export function tablesOf(sizes: readonly Size[]): string {
  const head = (first: string): string[] => [
    row([first, ...sizes.map(({ users }) => `${count(users)} people`)]),
    row(['---', ...sizes.map(() => '---:')]),
  ];
  const line = (name: string, cell: (size: Size) => string): string => row([name, ...sizes.map(cell)]);
  const audiences = [
    ...new Set(sizes.flatMap(({ deliveries }) => deliveries.map(({ followers }) => followers))),
  ];
  const lag = (followers: number) => (size: Size) => {
    const found = size.deliveries.find((one) => one.followers === followers);
    return found ? seconds(found.lag) : '';
  };
  const fanOut = ({ deliveries }: Size): string => {
    const largest = deliveries.at(-1);
    return largest ? `${(largest.followers / largest.lag / 1000).toFixed(0)} k` : '';
  };
  return [
    ...head('One api process, 32 connections'),
    line('feed pages a second', ({ pages }) => pages.rate.toFixed(0)),
    line('p50 / p99 of a page, ms', ({ pages }) => `${pages.p50.toFixed(1)} / ${pages.p99.toFixed(1)}`),
    line(
      'p50 / p99 of a page that is rebuilt, ms',
      ({ pages }) => `${pages.coldP50.toFixed(1)} / ${pages.coldP99.toFixed(1)}`,
    ),
    line(
      'the same of who follows 1,000',
      ({ rebuild }) => `${rebuild.p50.toFixed(1)} / ${rebuild.p99.toFixed(1)}`,
    ),
    line(
      'its query alone, ms (rows read)',
      ({ rebuild }) => `${rebuild.statement.toFixed(1)} (${rebuild.rowsRead.toFixed(0)})`,
    ),
    line('pages a second, of those among the fewest, measured in turn', ({ pages }) =>
      pages.ofFirst ? pages.ofFirst.ratio.toFixed(2) : '',
    ),
    line('feed entries delivered a second, largest author', fanOut),
    ...audiences.map((followers) =>
      line(`delivered to all of ${followers.toLocaleString('en')} followers after`, lag(followers)),
    ),
    line(
      'Redis bytes of an active reader’s own keys (entries in the feed)',
      ({ pages }) => `${pages.ownBytes.toFixed(0)} (${pages.entriesPerReader.toFixed(0)})`,
    ),
    line('Redis bytes, all that grew', ({ pages }) => pages.bytesPerReader.toFixed(0)),
    line('PostgreSQL bytes a post with its photos', ({ postBytes }) => String(postBytes)),
    line(
      'generated in / measured in all, s',
      (size) => `${size.generated.toFixed(0)} / ${size.took.toFixed(0)}`,
    ),
    line('PostgreSQL on disk, GB', ({ disk }) => (disk / 1e9).toFixed(2)),
  ].join('\n');
}

/** The earlier measurements, with these replacing those of the same size. */
function together(measured: readonly Size[]): Size[] {
  const before = existsSync(figures) ? (JSON.parse(readFileSync(figures, 'utf8')) as Size[]) : [];
  const others = before.filter(({ users }) => !measured.some((size) => size.users === users));
  return [...others, ...measured].toSorted((a, b) => a.users - b.users);
}

/** Replaces the tables and plots of docs/measurements/scale.md; keeps the text around them. */
export function writeReport(measured: readonly Size[]): void {
  const sizes = together(measured);
  writeFileSync(figures, `${JSON.stringify(sizes, null, 2)}\n`);
  const line = (name: string, y: (size: Size) => number) => ({
    name,
    points: sizes.map((size) => [size.users, y(size)] as const),
  });
  const svg = svgOf([
    { title: 'Feed pages a second, by people', lines: [line('one api process', ({ pages }) => pages.rate)] },
    {
      title: 'Milliseconds of a page, by people',
      lines: [
        line('warm p50', ({ pages }) => pages.p50),
        line('warm p99', ({ pages }) => pages.p99),
        line('rebuilt p50', ({ pages }) => pages.coldP50),
      ],
    },
    {
      title: 'Seconds until delivered, by followers',
      lines: sizes.slice(-1).map(({ users, deliveries }) => ({
        name: `of ${count(users)} people`,
        points: deliveries.map(({ followers, lag }) => [followers, Math.max(lag, 0.001)] as const),
      })),
    },
    {
      title: 'Bytes, by people',
      lines: [
        line('Redis a reader', ({ pages }) => pages.bytesPerReader),
        line('PostgreSQL a post', ({ postBytes }) => postBytes),
      ],
    },
  ]);
  writeFileSync(picture, svg);
  const [before = '', rest = ''] = readFileSync(document, 'utf8').split('<!-- measured -->');
  const [, after = ''] = rest.split('<!-- /measured -->');
  writeFileSync(document, `${before}<!-- measured -->\n\n${tablesOf(sizes)}\n\n<!-- /measured -->${after}`);
}
