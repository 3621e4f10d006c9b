import { expect, test } from 'vitest';
import { Screen } from './screen.ts';

const ESCAPE = '\u001B';
const table = (lines: number, width = 10) =>
  Array.from({ length: lines }, (_, index) => `part-${index}`.padEnd(width, '.')).join('\n');

/** The output to a terminal of a given size, drawing by drawing. */
function terminal(size: { columns: number; rows: number }) {
  const sent: string[] = [];
  const screen = new Screen(
    true,
    (text) => sent.push(text),
    () => size,
  );
  const lines = () =>
    (sent.at(-1) ?? '')
      .replaceAll(new RegExp(`${ESCAPE}\\[[0-9]*[A-Z]`, 'g'), '')
      .split('\n')
      .filter((line) => line !== '');
  return { screen, sent, lines };
}

test('is drawn over itself, as many lines up as it has', () => {
  const { screen, sent } = terminal({ columns: 80, rows: 24 });
  screen.draw(table(5));
  screen.draw(table(5));
  expect(sent[1]).toMatch(new RegExp(`^${ESCAPE}\\[6A`));
});

test('is cut at the edge of a narrow terminal, where wrapped lines would shift it', () => {
  const { screen, lines } = terminal({ columns: 20, rows: 24 });
  screen.draw(table(3, 50));
  expect(lines().map((line) => line.length)).toEqual([20, 20, 20]);
});

test('loses its oldest events first on a low terminal, and then says that there is more', () => {
  const size = { columns: 80, rows: 10 };
  const { screen, lines } = terminal(size);
  for (const number of [1, 2, 3, 4, 5]) screen.event(`event ${number}`);
  screen.draw(table(5));
  expect(lines().slice(5)).toEqual([3, 4, 5].map((number) => expect.stringContaining(`event ${number}`)));
  size.rows = 4;
  screen.draw(table(5));
  expect(lines()).toEqual(['part-0....', 'part-1....', '... 3 more lines: make the terminal higher']);
});

test('begins anew on a terminal that was made wider or narrower', () => {
  const size = { columns: 80, rows: 24 };
  const { screen, sent } = terminal(size);
  screen.draw(table(5));
  size.columns = 60;
  screen.draw(table(5));
  expect(sent[1]).toContain(`${ESCAPE}[2J`);
});
