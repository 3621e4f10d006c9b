import { readFileSync } from 'node:fs';
import { basename, join } from 'node:path';

/** The project's root, from here and from the built file alike: dist is in it. */
const roots = ['../../..', '../../../..'].map((up) => join(import.meta.dirname, up));
const texts = new Map<string, string | null>();

function read(file: string): string | null {
  for (const root of roots) {
    try {
      return readFileSync(join(root, file), 'utf8');
    } catch {
      // The other root, or none: a build that was copied elsewhere has no pages.
    }
  }
  return null;
}

/** The text of a runbook (`docs/runbooks/NAME.md`), so that the page that names it can show it; null if it is unavailable. */
export function runbookText(file: string): string | null {
  const known = texts.get(file) ?? read(file);
  texts.set(file, known);
  return known;
}

export const runbookName = (file: string): string => basename(file, '.md');
