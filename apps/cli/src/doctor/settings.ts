import { readFile } from 'node:fs/promises';
import { settingNames } from '@app/platform';
import { warning, type Finding } from './finding.js';

/** Variables that units and programs get besides settings. */
const others = new Set(['NODE_ENV', 'NODE_OPTIONS', 'MALLOC_ARENA_MAX']);

/** Lines in the machine's own settings that nothing reads: a misspelt name would silently keep its default. */
export async function strangeSettings(file = '/etc/narwhal/local.env'): Promise<Finding[]> {
  // Without this file there are no lines.
  const text = await readFile(file, 'utf8').catch(() => '');
  const names = [...text.matchAll(/^\s*([A-Za-z0-9_]+)\s*=/gm)].map(([, name = '']) => name);
  const strange = names.filter((name) => !settingNames.has(name.replace(/_FILE$/, '')) && !others.has(name));
  return [...new Set(strange)].map((name) =>
    warning(`Nothing reads ${name} in ${file}: correct its name, or remove the line.`),
  );
}
