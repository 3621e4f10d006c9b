import { defineConfig } from 'vitest/config';
import { LongestFirst } from './test/setup/longest-first.ts';
import { paced, scaled } from './test/setup/pace.ts';

/** `@app/...` as tsconfig.json spells it. Decorator metadata needs no plugin: Vite 8 emits it as tsc does. */
const resolve = { tsconfigPaths: true };

/** The files of one process share what they load, which costs more than most of them, and a stack (test/harness/shared-stack.ts). */
const shared = { isolate: false };

/** Over HTTP, on servers of each file's own, which run the built output. */
const blackBox = (name: string, include: string) => ({
  resolve,
  test: {
    name,
    include: [include],
    globalSetup: ['test/setup/built.ts'],
    ...shared,
    ...paced,
    testTimeout: scaled(60_000),
    hookTimeout: scaled(120_000),
  },
});

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
    sequence: { sequencer: LongestFirst },
    projects: [
      {
        resolve,
        test: {
          name: 'rooms',
          include: ['{libs,apps,infra,tools}/**/*.spec.ts', 'test/harness/**/*.spec.ts'],
          setupFiles: ['test/setup/hear.ts'],
          ...shared,
          ...paced,
          testTimeout: scaled(20_000),
          hookTimeout: scaled(60_000),
        },
      },
      blackBox('black box', 'test/*.test.ts'),
      // Suites of their own, since they take minutes: `npm run test:attack`, `npm run test:faults`, `npm run test:s3`.
      blackBox('attack', 'test/attack/*.test.ts'),
      blackBox('faults', 'test/faults/*.test.ts'),
      blackBox('s3', 'test/s3/*.test.ts'),
      blackBox('backup', 'test/backup/*.test.ts'),
      blackBox('image', 'test/image/*.test.ts'),
    ],
  },
});
