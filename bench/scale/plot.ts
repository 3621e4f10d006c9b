/** One line of a plot: its points from left to right. */
export interface Line {
  name: string;
  points: readonly (readonly [x: number, y: number])[];
}

export interface Panel {
  title: string;
  lines: readonly Line[];
}

const WIDTH = 420;
const HEIGHT = 260;
const EDGE = { left: 62, right: 16, top: 34, bottom: 34 };
const COLOURS = ['#2a6fbb', '#c2542d', '#3c8d5a'];

const short = (value: number): string => {
  if (value >= 1e6) return `${value / 1e6} M`;
  if (value >= 1e3) return `${value / 1e3} k`;
  return String(Number(value.toPrecision(2)));
};

const powers = (low: number, high: number): number[] =>
  Array.from({ length: high - low + 1 }, (_, step) => 10 ** (low + step));

function panel({ title, lines }: Panel, left: number, top: number): string {
  const points = lines.flatMap((line) => line.points);
  const range = (values: number[]): [number, number] => [
    Math.floor(Math.log10(Math.min(...values))),
    Math.max(Math.floor(Math.log10(Math.min(...values))) + 1, Math.ceil(Math.log10(Math.max(...values)))),
  ];
  const [x0, x1] = range(points.map(([x]) => x));
  const [y0, y1] = range(points.map(([, y]) => y));
  const across = WIDTH - EDGE.left - EDGE.right;
  const down = HEIGHT - EDGE.top - EDGE.bottom;
  const px = (x: number): number => left + EDGE.left + ((Math.log10(x) - x0) / (x1 - x0)) * across;
  const py = (y: number): number => top + EDGE.top + down - ((Math.log10(y) - y0) / (y1 - y0)) * down;
  const grid = [
    ...powers(x0, x1).map(
      (x) =>
        `<line x1="${px(x)}" x2="${px(x)}" y1="${top + EDGE.top}" y2="${top + EDGE.top + down}" stroke="#ddd"/>` +
        `<text x="${px(x)}" y="${top + HEIGHT - 14}" text-anchor="middle">${short(x)}</text>`,
    ),
    ...powers(y0, y1).map(
      (y) =>
        `<line x1="${left + EDGE.left}" x2="${left + EDGE.left + across}" y1="${py(y)}" y2="${py(y)}" stroke="#ddd"/>` +
        `<text x="${left + EDGE.left - 8}" y="${py(y) + 4}" text-anchor="end">${short(y)}</text>`,
    ),
  ];
  const drawn = lines.map((line, index) => {
    const colour = COLOURS[index % COLOURS.length];
    const path = line.points.map(([x, y]) => `${px(x).toFixed(1)},${py(y).toFixed(1)}`);
    const dots = line.points.map(([x, y]) => `<circle cx="${px(x)}" cy="${py(y)}" r="3" fill="${colour}"/>`);
    const label = `<text x="${left + EDGE.left + 8 + index * 90}" y="${top + EDGE.top - 6}" fill="${colour}">${line.name}</text>`;
    return `<polyline points="${path.join(' ')}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}${label}`;
  });
  const heading = `<text x="${left + EDGE.left}" y="${top + 14}" font-weight="bold">${title}</text>`;
  return heading + grid.join('') + drawn.join('');
}

/** Panels in two columns; both axes of each are logarithmic. */
export function svgOf(panels: readonly Panel[]): string {
  const rows = Math.ceil(panels.length / 2);
  const drawn = panels.map((one, index) => panel(one, (index % 2) * WIDTH, Math.floor(index / 2) * HEIGHT));
  const size = `width="${WIDTH * 2}" height="${rows * HEIGHT}" viewBox="0 0 ${WIDTH * 2} ${rows * HEIGHT}"`;
  return `<svg xmlns="http://www.w3.org/2000/svg" ${size} font-family="sans-serif" font-size="12"><rect width="100%" height="100%" fill="#fff"/>${drawn.join('\n')}</svg>\n`;
}
