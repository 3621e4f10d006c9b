import { readFileSync } from 'node:fs';

interface Package {
  version: string;
}

function findVersion(): string {
  for (const up of ['../../..', '../../../..']) {
    try {
      const file = readFileSync(new URL(`${up}/package.json`, import.meta.url), 'utf8');
      return (JSON.parse(file) as Package).version;
    } catch {
      // The built file is one folder deeper than the source.
    }
  }
  return '0.0.0';
}

/** The release, from package.json. */
export const version = findVersion();
