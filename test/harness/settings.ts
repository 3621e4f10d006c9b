import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { bareEnvironment, usesSystemHeif } from './env.js';

const keyring = (): string => `test:${randomBytes(32).toString('hex')}`;

/** The settings of a stack's applications (see libs/platform/src/settings.ts); each one has its own ports. */
export function settingsOf(stack: {
  databaseUrl: string;
  redisUrl: string;
  publicUrl: string;
  folder: string;
}): Record<string, string> {
  return {
    ...bareEnvironment(),
    NODE_ENV: 'production',
    PUBLIC_URL: stack.publicUrl,
    DATABASE_URL: stack.databaseUrl,
    DATABASE_POOL: '6',
    REDIS_URL: stack.redisUrl,
    STORAGE_DIR: join(stack.folder, 'objects'),
    SCRATCH_DIR: join(stack.folder, 'scratch'),
    MAIL_DIR: join(stack.folder, 'mail'),
    PAGES_DIR: join(stack.folder, 'pages'),
    TOKEN_KEYS: keyring(),
    MEDIA_KEYS: keyring(),
    RATE_LIMITS: 'off',
    // As on a machine where nothing was installed beside Narwhal, unless this run uses the system's decoder.
    SYSTEM_HEIF: usesSystemHeif() ? 'on' : 'off',
    // Lost work is found soon, and work that is only slow on a busy machine is not yet overdue.
    SWEEP_INTERVAL: '500',
    SWEEP_OVERDUE: '4000',
    MALLOC_ARENA_MAX: '2',
  };
}
