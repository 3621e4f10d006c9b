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
      // The built file lies one folder deeper than the source.
    }
  }
  return '0.0.0';
}

/** The release, as package.json has it. */
export const version = findVersion();
