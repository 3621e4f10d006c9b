import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { sharedStack } from '../harness/shared-stack.js';

const programs = join(import.meta.dirname, 'node_modules/.bin');
const folder = mkdtempSync(join(tmpdir(), 'narwhal-contract-'));
afterAll(() => rmSync(folder, { recursive: true }));

beforeAll(async () => {
  const { url } = await sharedStack();
  for (const name of ['openapi.json', 'openapi-3.0.json']) {
    writeFileSync(join(folder, name), await (await fetch(`${url}/${name}`)).text());
  }
});

/** The findings of this package's program in a file, one a line; empty where there is none. */
function findings(program: string, ...args: string[]): string {
  const { status, stdout, stderr } = spawnSync(process.execPath, [join(programs, program), ...args], {
    cwd: import.meta.dirname,
    encoding: 'utf8',
    env: { REDOCLY_TELEMETRY: 'off', REDOCLY_SUPPRESS_UPDATE_NOTICE: 'true', NO_COLOR: '1' },
    maxBuffer: 64e6,
  });
  return status === 0 ? '' : (stdout + stderr).slice(0, 6_000);
}

test.each(['openapi.json', 'openapi-3.0.json'])('Redocly finds nothing in %s', (name) => {
  expect(findings('redocly', 'lint', join(folder, name), '--max-problems', '30')).toBe('');
});

test.each(['openapi.json', 'openapi-3.0.json'])(
  'Spectral and the OWASP ruleset find nothing in %s',
  (name) => {
    expect(
      findings(
        'spectral',
        'lint',
        join(folder, name),
        '--fail-severity',
        'hint',
        '--ruleset',
        '.spectral.yaml',
      ),
    ).toBe('');
  },
);
