import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Photo, Post } from '../harness/contract.js';
import { Nginx, nginxInstalled } from '../harness/nginx.js';
import { patient } from '../harness/pace.js';
import { signUp, type Person, type Server } from '../harness/people.js';
import { drawn } from '../harness/pictures.js';
import { copyOf } from '../harness/ready-photos.js';
import { startStack, type Stack } from '../harness/stack.js';
import { unique } from './attack.js';
import { found } from './found.js';
import { held } from './held.js';

const MEDIA_KEYS = `test:${randomBytes(32).toString('hex')}`;

let stack: Stack;
let nginx: Nginx | undefined;
let limited: Server;
let photo: Photo;

const posted = async (person: Person, caption: string): Promise<Post> =>
  person.post([await copyOf(stack, photo, person)], { caption });

beforeAll(async () => {
  stack = await startStack({ env: { MEDIA_KEYS, TRUSTED_PROXIES: '127.0.0.1' } });
  limited = await stack.guest({ RATE_LIMITS: 'on' });
  if (nginxInstalled)
    nginx = await Nginx.start('attacks', {
      settings: { MEDIA_KEYS, STORAGE_DIR: stack.objects, RATE_LIMITS: 'off' },
      apis: [new URL(stack.url).host],
    });
  photo = await (await signUp(stack, 'owner')).upload(await drawn());
}, patient(120_000));
afterAll(async () => {
  await nginx?.stop();
  await stack.stop();
});

const told: string[] = [];
afterAll(() =>
  console.log(['| attack | on | expected | seen |', '| --- | --- | --- | --- |', ...told].join('\n')),
);

describe.each(['api', 'NGINX'] as const)('by the %s', (door) => {
  test.skipIf(door === 'NGINX' && !nginxInstalled).each([...found, ...held])(
    '$what',
    async ({ what, expected, seen }) => {
      const server = door === 'NGINX' && nginx ? nginx : stack;
      const fresh = () => signUp(server, `person${unique()}`);
      const [ada, mallory] = await Promise.all([fresh(), fresh()]);
      const result = await seen({ stack, server, limited, ada, mallory, photo, posted }).catch(
        (error: unknown) => `failed: ${String(error)}`,
      );
      told.push(`| ${what} | ${door} | ${expected} | ${result} |`);
      expect(result).toBe(expected);
    },
  );
});
