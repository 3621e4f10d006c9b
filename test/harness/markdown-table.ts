import { readFileSync } from 'node:fs';

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The first table below a heading of a file in docs/: one record per row, keyed by column name. */
export function markdownTable(file: string, heading: string): Record<string, string>[] {
  const text = readFileSync(new URL(`../../docs/${file}`, import.meta.url), 'utf8');
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const [head = '', , ...lines] = section.split('\n').filter((line) => line.startsWith('|'));
  const names = cellsOf(head);
  return lines.map((line) =>
    Object.fromEntries(cellsOf(line).map((cell, index) => [names[index] ?? '', cell])),
  );
}
