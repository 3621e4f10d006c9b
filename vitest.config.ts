import { defineConfig } from 'vitest/config';

/** `@app/...` as tsconfig.json spells it. Decorator metadata needs no plugin: Vite 8 emits it as tsc does. */
const resolve = { tsconfigPaths: true };

/**
 * One PostgreSQL and one Redis for the whole run, started here and not by each project, which is why the projects do not
 * extend this file: they would inherit its set-up and start theirs beside it.
 */
export default defineConfig({
  resolve,
  test: {
    globalSetup: ['test/setup/servers.ts'],
    // Most of a test's time is waiting for a server's other process: one file a core would leave half of the machine idle.
    maxWorkers: 3,
    projects: [
      {
        resolve,
        test: {
          name: 'rooms',
          include: ['{libs,apps,infra,scripts}/**/*.spec.ts', 'test/harness/**/*.spec.ts'],
          testTimeout: 20_000,
          hookTimeout: 60_000,
        },
      },
      {
        resolve,
        test: {
          name: 'black box',
          include: ['test/**/*.test.ts'],
          globalSetup: ['test/setup/built.ts'],
          testTimeout: 60_000,
          hookTimeout: 120_000,
        },
      },
    ],
  },
});
