import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { patient } from '../../test/harness/pace.js';
import { childEnvironment } from '../dev/env.ts';
import { root } from '../dev/install.mjs';

// npm is asked twice, and asks for the versions of each package that has an advisory.
vi.setConfig({ testTimeout: patient(60_000) });

let folder: string;
let registry: Server;
/** Advisories by package, as a registry answers them; null while it refuses to be asked. */
let known: Record<string, object[]> | null;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'narwhal-audit-'));
  registry = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      // It also asks for the versions of what has an advisory, and goes on without.
      if (request.method === 'GET') return response.writeHead(404).end('{}');
      if (known === null) return response.writeHead(405).end('{}');
      const asked = JSON.parse(gunzipSync(Buffer.concat(parts)).toString()) as object;
      const answer = Object.fromEntries(Object.entries(known).filter(([name]) => name in asked));
      return response.setHeader('content-type', 'application/json').end(JSON.stringify(answer));
    });
  }).listen(0, '127.0.0.1');
  await once(registry, 'listening');
});
afterEach(() => {
  registry.close();
  rmSync(folder, { recursive: true });
});

async function audit() {
  const { port } = registry.address() as AddressInfo;
  const text = `import { auditCommand } from '${join(root, 'tools/package/audit.ts')}'; process.exitCode = auditCommand('${join(folder, 'audit.md')}', new Date(0));`;
  const env = childEnvironment({ npm_config_registry: `http://127.0.0.1:${port}`, npm_config_cache: folder });
  const child = spawn(process.execPath, ['--input-type=module', '-e', text], { env });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (said += String(part)));
  const [code] = (await once(child, 'close')) as [number];
  return { code, said };
}

test('the result is written with its date: what Narwhal runs with, and its tools', async () => {
  const advisory = {
    id: 1,
    url: 'https://example.org/1',
    title: 'It leaks',
    severity: 'high',
    vulnerable_versions: '*',
  };
  known = { fastify: [advisory], vitest: [advisory] };
  expect((await audit()).code).toBe(1);
  const [run = '', tools = ''] = readFileSync(join(folder, 'audit.md'), 'utf8').split(
    '## Packages of its tests',
  );
  expect(run).toContain('by `npm run audit` on 1970-01-01');
  expect(run).toMatch(/\| fastify\s+\| high/);
  expect([run.includes('vitest'), tools.includes('vitest')]).toEqual([false, true]);
  known = {};
  expect((await audit()).code).toBe(0);
  expect(readFileSync(join(folder, 'audit.md'), 'utf8').match(/Nothing is known/g)).toHaveLength(2);
});

test('without a registry that answers, it says so and writes nothing', async () => {
  known = null;
  const { code, said } = await audit();
  expect(code).not.toBe(0);
  expect(said).toContain('npm could not ask the registry');
  expect(() => readFileSync(join(folder, 'audit.md'))).toThrow('ENOENT');
});
