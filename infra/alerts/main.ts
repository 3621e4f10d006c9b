import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { dashboard } from '../grafana/dashboard.js';
import { metricsPage } from './metrics-page.js';
import { ruleTests } from './rule-tests.js';
import { ruleFile } from './rules.js';
import { settingsPage } from './settings-page.js';

/** The committed files that are generated from the catalogue and the settings, by path. */
const files: Record<string, () => string> = {
  'docs/metrics.md': metricsPage,
  'docs/settings.md': settingsPage,
  'infra/alerts/narwhal.rules.yml': () => ruleFile(),
  'infra/alerts/narwhal.tests.yml': ruleTests,
  'infra/grafana/narwhal.json': dashboard,
};

async function made(file: string, make: () => string): Promise<string> {
  return format(make(), { ...(await resolveConfig(file)), filepath: file });
}

function read(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

/** `npm run watching` writes them; with `--check` it lists the stale ones, and exits with 1. */
const check = process.argv.includes('--check');
for (const [file, make] of Object.entries(files)) {
  const text = await made(file, make);
  if (read(file) === text) continue;
  if (check) {
    process.stderr.write(`${file} is not what the code makes: run npm run watching\n`);
    process.exitCode = 1;
  } else {
    mkdirSync(dirname(join(process.cwd(), file)), { recursive: true });
    writeFileSync(file, text);
    process.stdout.write(`${file} written\n`);
  }
}
