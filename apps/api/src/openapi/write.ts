import 'reflect-metadata';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { openApiText } from './document.js';

/** `npm run openapi` writes the file; `npm run check:openapi` checks that it matches the code. */
const file = resolve('openapi.json');
const text = openApiText();

function firstDifference(committed: string): string {
  const lines = committed.split('\n');
  const wanted = text.split('\n');
  const at = wanted.findIndex((line, index) => line !== lines[index]);
  const line = at === -1 ? wanted.length : at;
  return `  line ${line + 1}\n  - ${lines[line]?.trim() ?? '(end)'}\n  + ${wanted[line]?.trim() ?? '(end)'}\n`;
}

if (!process.argv.includes('--check')) {
  writeFileSync(file, text);
  process.stdout.write(`openapi.json has ${text.split('\n').length - 1} lines\n`);
} else if (!existsSync(file) || readFileSync(file, 'utf8') !== text) {
  const committed = existsSync(file) ? readFileSync(file, 'utf8') : '';
  process.stderr.write(
    `openapi.json is not what the endpoints declare. Run \`npm run openapi\`, look at the difference and commit it:\n${firstDifference(committed)}`,
  );
  process.exitCode = 1;
} else {
  process.stdout.write('openapi.json is what the endpoints declare\n');
}
