import { spawnSync } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { drawn } from '../harness/pictures.js';
import { sharedStack } from '../harness/shared-stack.js';
import type { Stack } from '../harness/stack.js';
import type { Found, Stranger } from './journeys/journey.ts';

const root = join(import.meta.dirname, '../..');
const generated = join(import.meta.dirname, 'journeys/generated');
const contract = join(root, 'openapi.json');

function node(...args: string[]): void {
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: import.meta.dirname,
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${args.join(' ')}\n${stdout}${stderr}`);
}

let stack: Stack;
beforeAll(async () => {
  stack = await sharedStack();
  rmSync(generated, { recursive: true, force: true });
  const types = join(root, 'node_modules/openapi-typescript/bin/cli.js');
  node(types, contract, '-o', join(generated, 'openapi-typescript.ts'));
  node('generate.mjs', contract, generated);
});

test('what they generate compiles strictly, with a journey that uses it', () => {
  node(join(root, 'node_modules/typescript-7/bin/tsc'), '-p', 'tsconfig.json');
});

test.each(['openapi-typescript', 'hey-api', 'orval'])(
  'a stranger’s journey through the client of %s',
  async (name) => {
    const { journey } = (await import(`./journeys/${name}.ts`)) as {
      journey: (stranger: Stranger) => Promise<Found>;
    };
    const username = `walker_${name.replace('-', '_').slice(0, 12)}`;
    const { bytes } = await drawn({ seed: name.length, width: 640, height: 480 });
    const photo = new Blob([Uint8Array.from(bytes)], { type: 'image/jpeg' });
    expect(await journey({ server: stack.url, username, photo })).toEqual({
      username,
      features: expect.any(Number),
      altText: 'Fog',
      caption: 'Wrapped in #fog',
      liked: true,
      comment: 'Nice',
      feed: ['Wrapped in #fog'],
      grid: [1],
      people: expect.arrayContaining([username]),
      refusal: 'not_found',
    });
  },
);
