import { sizes, type SizeName } from '../lib/sizes.ts';
import { monthly } from './monthly.ts';

const dollars = (amount: number): string => `$${Math.round(amount).toLocaleString('en-US')}`;

/** Rows of Markdown, as prettier would set them: `npm run cost` prints them, and docs/aws.md holds them. */
export function costTable(): string {
  const names = Object.keys(sizes) as SizeName[];
  const columns = names.map((name) => monthly(sizes[name]));
  const [first = []] = columns;
  const rows = first.map(({ part }, row) => [
    part,
    ...columns.map((items) => dollars(items[row]?.dollars ?? 0)),
  ]);
  const totals = columns.map((items) => dollars(items.reduce((sum, item) => sum + item.dollars, 0)));
  const people = names.map((name) => sizes[name].dailyPeople.toLocaleString('en-US'));
  return markdown([
    ['A month', ...names],
    ['People a day', ...people],
    ...rows,
    ['**Together**', ...totals.map((total) => `**${total}**`)],
  ]);
}

function markdown([head = [], ...rows]: string[][]): string {
  const widths = head.map((_, column) =>
    Math.max(...[head, ...rows].map((row) => (row[column] ?? '').length)),
  );
  const cell = (text: string, column: number) =>
    column === 0 ? text.padEnd(widths[column] ?? 0) : text.padStart(widths[column] ?? 0);
  const line = (row: string[]) => `| ${row.map(cell).join(' | ')} |`;
  const rule = widths.map((width, column) =>
    column === 0 ? '-'.repeat(width) : `${'-'.repeat(width - 1)}:`,
  );
  return [line(head), `| ${rule.join(' | ')} |`, ...rows.map(line)].join('\n');
}

if (import.meta.main) process.stdout.write(`${costTable()}\n`);
