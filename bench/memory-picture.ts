const [WIDTH, HEIGHT] = [860, 300];
const [LEFT, BOTTOM, TOP, RIGHT] = [56, 36, 34, 12];
const COLUMNS = 400;

/** The maximum of each stretch of samples, so that no peak is lost. */
function peaksOf(curve: readonly number[]): number[] {
  const stretch = Math.max(1, Math.ceil(curve.length / COLUMNS));
  const count = Math.ceil(curve.length / stretch);
  return Array.from({ length: count }, (_, index) =>
    Math.max(...curve.slice(index * stretch, (index + 1) * stretch)),
  );
}

/** The memory's curve in MB as a picture (SVG) for the docs, with the goal as a line. */
export function memoryPicture(
  curve: readonly number[],
  { goal, photos }: { goal: number; photos: number },
): string {
  const peaks = peaksOf(curve);
  const highest = Math.max(goal * 1.1, ...peaks);
  const x = (index: number) =>
    (LEFT + (index / Math.max(1, peaks.length - 1)) * (WIDTH - LEFT - RIGHT)).toFixed(1);
  const y = (value: number) => (HEIGHT - BOTTOM - (value / highest) * (HEIGHT - BOTTOM - TOP)).toFixed(1);
  const points = peaks.map((peak, index) => `${x(index)},${y(peak)}`).join(' ');
  const marks = [0, 200, 400, 600]
    .map(
      (mark) =>
        `<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(mark)}" y2="${y(mark)}" stroke="#8884"/>` +
        `<text x="${LEFT - 8}" y="${y(mark)}" text-anchor="end" dominant-baseline="middle">${mark}</text>`,
    )
    .join('\n');
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="12">
<rect width="100%" height="100%" fill="#fff"/>
<text x="${LEFT}" y="20" font-size="14">Memory of a worker and its children, MB: ${photos} mixed photos of up to 48 MP, two at once</text>
${marks}
<line x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y(goal)}" y2="${y(goal)}" stroke="#c00" stroke-dasharray="6 4"/>
<polyline fill="none" stroke="#1557b0" stroke-width="1.2" points="${points}"/>
<text x="${WIDTH - RIGHT}" y="${HEIGHT - 12}" text-anchor="end">photos, in their order</text>
</svg>
`;
}
