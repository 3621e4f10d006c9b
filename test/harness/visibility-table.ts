import { readFileSync } from 'node:fs';

/** One cell: a viewer's result for a request. */
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

/** The lines of the table below a heading, its head first. */
function tableBelow(heading: string): string[] {
  const text = readFileSync(document, 'utf8');
  const section = text.split(`## ${heading}\n`)[1]?.split('\n## ')[0] ?? '';
  const lines = section.split('\n').filter((line) => line.startsWith('|'));
  if (lines.length < 3) throw new Error(`expected a table below “${heading}” but found none`);
  return lines;
}

/** Endpoints that show nobody's things, or only the caller's own, each with its reason; `* /path/*` covers all paths below. */
export function exemptRequests(): { request: string; reason: string }[] {
  const lines = tableBelow('Not in the tables').slice(2);
  return lines.map((line) => {
    const [request = '', reason = ''] = cellsOf(line);
    return { request, reason };
  });
}

/** The table below a heading of docs/visibility.md, one entry per cell: the document is the test. */
export function visibilityTable(heading: string): Expectation[] {
  const lines = tableBelow(heading);
  const [, ...viewers] = cellsOf(lines[0] ?? '');
  return lines.slice(2).flatMap((line) => {
    const [request = '', ...answers] = cellsOf(line);
    const end = request.indexOf(' ');
    const [method, path] = [request.slice(0, end), request.slice(end + 1)];
    return viewers.map((viewer, index) => ({ viewer, method, path, expected: answers[index] ?? 'missing' }));
  });
}
