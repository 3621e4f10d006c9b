import { readFileSync } from 'node:fs';

/** One cell: what a viewer is answered to a request. */
export interface Expectation {
  viewer: string;
  method: string;
  path: string;
  expected: string;
}

const document = new URL('../../docs/visibility.md', import.meta.url);

const cellsOf = (line: string): string[] =>
  line
    .split('|')
    .slice(1, -1)
    .map((cell) => cell.trim());

/** The table below a heading of docs/visibility.md, a cell each: the document is the test. */
export function visibilityTable(heading: string): Expectation[] {
  const text = readFileSync(document, 'utf8');
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  const [, ...viewers] = cellsOf(lines[0] ?? '');
  return lines.slice(2).flatMap((line) => {
    const [request = '', ...answers] = cellsOf(line);
    const end = request.indexOf(' ');
    const [method, path] = [request.slice(0, end), request.slice(end + 1)];
    return viewers.map((viewer, index) => ({ viewer, method, path, expected: answers[index] ?? 'missing' }));
  });
}
