import { readFileSync, writeFileSync } from 'node:fs';

/** The output of `node --cpu-prof`, as far as it is read here. */
interface Profile {
  nodes: {
    id: number;
    callFrame: { functionName: string; url: string; lineNumber: number };
    children?: number[];
  }[];
  samples: number[];
  timeDeltas: number[];
}

/** Functions of one name under one parent, with the time of all below them, in microseconds. */
interface Frame {
  name: string;
  kind: 'ours' | 'library' | 'node' | 'engine';
  self: number;
  total: number;
  children: Map<string, Frame>;
}

const WIDTH = 1_400;
const ROW = 16;
/** Narrower frames are left out, in pixels. */
const LEAST = 1.5;
const colours = { ours: '#f2b36d', library: '#8fb8de', node: '#b9d7a8', engine: '#d8d3e8' };
const waiting = new Set(['(idle)', '(program)']);
/** The loader is done before the first request. */
const loader = /^node:internal\/(?:main|modules)\//;

function kindOf(url: string): Frame['kind'] {
  if (url.startsWith('node:')) return 'node';
  if (url.includes('node_modules')) return 'library';
  return url === '' ? 'engine' : 'ours';
}

function frameOf({ callFrame: { functionName, url, lineNumber } }: Profile['nodes'][number]): Frame {
  const file = url.replace(/^.*node_modules\//, '').replace(/^.*\/dist\//, '');
  const place = url === '' ? '' : ` ${file}:${lineNumber + 1}`;
  return {
    name: `${functionName || '(anonymous)'}${place}`,
    kind: kindOf(url),
    self: 0,
    total: 0,
    children: new Map(),
  };
}

/** The call tree with times. */
function treeOf({ nodes, samples, timeDeltas }: Profile): Frame {
  const self = new Map<number, number>();
  samples.forEach((id, index) => self.set(id, (self.get(id) ?? 0) + (timeDeltas[index] ?? 0)));
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const build = (id: number, into: Frame): void => {
    const node = byId.get(id);
    if (!node || waiting.has(node.callFrame.functionName) || loader.test(node.callFrame.url)) return;
    const made = frameOf(node);
    const frame = into.children.get(made.name) ?? made;
    into.children.set(made.name, frame);
    frame.self += self.get(id) ?? 0;
    for (const child of node.children ?? []) build(child, frame);
  };
  const top: Frame = { name: 'all', kind: 'engine', self: 0, total: 0, children: new Map() };
  for (const child of nodes[0]?.children ?? []) build(child, top);
  const sum = (frame: Frame): number => {
    frame.total = [...frame.children.values()].reduce((total, child) => total + sum(child), frame.self);
    return frame.total;
  };
  sum(top);
  return top;
}

const escaped = (text: string): string =>
  text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');

/** A flame graph (Gregg, "The Flame Graph", CACM 2016): width is time, children lie below their callers. */
export function flameGraph(profile: Profile): string {
  const top = treeOf(profile);
  const boxes: string[] = [];
  let deepest = 0;
  const draw = (frame: Frame, left: number, depth: number): void => {
    const width = (frame.total / top.total) * WIDTH;
    if (width < LEAST) return;
    deepest = Math.max(deepest, depth);
    const share = `${((frame.total / top.total) * 100).toFixed(1)} %`;
    const label = width > 40 ? escaped(frame.name.slice(0, Math.floor(width / 6.2))) : '';
    boxes.push(
      `<g><title>${escaped(frame.name)}: ${share}</title>` +
        `<rect x="${left.toFixed(1)}" y="${depth * ROW}" width="${width.toFixed(1)}" height="${ROW - 1}" fill="${colours[frame.kind]}"/>` +
        `<text x="${(left + 2).toFixed(1)}" y="${depth * ROW + 11}">${label}</text></g>`,
    );
    let at = left;
    for (const child of [...frame.children.values()].toSorted((a, b) => b.total - a.total)) {
      draw(child, at, depth + 1);
      at += (child.total / top.total) * WIDTH;
    }
  };
  draw(top, 0, 0);
  const height = (deepest + 2) * ROW;
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" width="${WIDTH}" height="${height}" viewBox="0 0 ${WIDTH} ${height}" ` +
    `font-family="monospace" font-size="10"><rect width="100%" height="100%" fill="#fff"/>${boxes.join('\n')}</svg>\n`
  );
}

/** `npm run bench -- flame PROFILE SVG`: draws a profile that `BENCH_PROFILE=<folder>` wrote. */
export async function run(): Promise<void> {
  const [from, to] = process.argv.slice(3);
  if (!from || !to) throw new Error('expected a .cpuprofile to read and an .svg to write');
  writeFileSync(to, flameGraph(JSON.parse(readFileSync(from, 'utf8')) as Profile));
  await Promise.resolve();
}
