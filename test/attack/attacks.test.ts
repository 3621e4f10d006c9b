import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { root } from '../../tools/dev/install.mjs';
import type { Photo, Post } from '../harness/contract.js';
import { Nginx, nginxInstalled } from '../harness/nginx.js';
import { patient } from '../harness/pace.js';
import { signUp, type Person, type Server } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { copyOf } from '../harness/ready-photos.js';
import { startStack, type Stack } from '../harness/stack.js';
import { Wire } from '../harness/wire.js';
import { elsewhere, QUOTA, unique } from './attack.js';
import { endless, floods } from './floods.js';
import { found } from './found.js';
import { held } from './held.js';

const MEDIA_KEYS = `test:${randomBytes(32).toString('hex')}`;
const doors = ['api', 'NGINX'] as const;

/** One way into the stack. */
interface Way {
  server: Server;
  limited: Server;
  standing: Promise<string>;
}

let stack: Stack;
const nginxes: Nginx[] = [];
const ways: Partial<Record<(typeof doors)[number], Way>> = {};
let photo: Photo;

const posted = async (person: Person, caption: string, place?: string): Promise<Post> =>
  person.post([await copyOf(stack, photo, person)], { caption, ...(place && { place: { name: place } }) });

async function nginxBefore(api: Server, name: string, more: Record<string, string>, ...options: string[]) {
  const settings = { MEDIA_KEYS, STORAGE_DIR: stack.objects, ...more };
  const nginx = await Nginx.start(name, { settings, apis: [new URL(api.url).host], options });
  nginxes.push(nginx);
  return nginx;
}

async function wayBy(server: Server, limited: Server): Promise<Way> {
  const wire = await Wire.open(server.url);
  await wire.send(endless);
  return { server, limited, standing: wire.answer() };
}

beforeAll(async () => {
  const env = { MEDIA_KEYS, TRUSTED_PROXIES: '127.0.0.1', QUOTA_BYTES: String(QUOTA) };
  stack = await startStack({ env });
  const limited = await stack.guest({ RATE_LIMITS: 'on' });
  ways.api = await wayBy(stack, limited);
  if (nginxInstalled)
    ways.NGINX = await wayBy(
      await nginxBefore(stack, 'attacks', { RATE_LIMITS: 'off' }),
      await nginxBefore(limited, 'attacks-limited', { RATE_LIMITS: 'on' }, '--trust', '127.0.0.1'),
    );
  photo = await (await signUp(stack, 'owner')).upload(await drawn());
}, patient(120_000));
afterAll(async () => {
  for (const nginx of nginxes) await nginx.stop();
  await stack.stop();
});

const told: string[] = [];
afterAll(() =>
  console.log(['| attack | on | expected | seen |', '| --- | --- | --- | --- |', ...told].join('\n')),
);

describe.each(doors)('by the %s', (door) => {
  test.skipIf(door === 'NGINX' && !nginxInstalled).each([...found, ...floods, ...held])(
    '$what',
    async ({ what, expected, seen }) => {
      const way = ways[door];
      if (!way) throw new Error(`expected a way by the ${door} but there is none`);
      const fresh = () => signUp(way.server, `person${unique()}`);
      const [ada, mallory] = await Promise.all([fresh(), fresh()]);
      const result = await seen({ stack, ...way, ada, mallory, photo, posted }).catch(
        (error: unknown) => `failed: ${String(error)}`,
      );
      told.push(`| ${what} | ${door} | ${expected} | ${result} |`);
      expect(result).toBe(expected);
    },
    patient(120_000),
  );
});

test('what no request shows is tried elsewhere', () => {
  for (const [what, file] of elsewhere) {
    expect([file, existsSync(join(root, file))]).toEqual([file, true]);
    told.push(`| ${what} | not tried here | refused | see ${file}, which \`npm test\` runs |`);
  }
});
