import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { root } from '../../tools/dev/install.mjs';

const page = readFileSync(join(root, 'docs', 'install-ubuntu.md'), 'utf8');

/**
 * The commands under a heading of docs/install-ubuntu.md, one text for each block, so that tests run what operators read. `…`
 * in them marks values that the reader fills in: `known` has them, in the order of the page.
 */
export function commandsOf(heading: string, ...known: string[]): string[] {
  const [, section] = new RegExp(`^#+ ${heading}\n([^]*?)(?=^#|$(?![^]))`, 'm').exec(page) ?? [];
  const blocks = [...(section ?? '').matchAll(/^```bash\n([^]*?)^```/gm)].map(([, text = '']) => text);
  if (blocks.length === 0) throw new Error(`expected commands under "${heading}" in docs/install-ubuntu.md`);
  return blocks.map((block) => block.replaceAll('…', () => known.shift() ?? '…'));
}
