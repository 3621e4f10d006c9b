import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';

/** With the real watchers, by `npm run test:watch`: apart from `npm test`, since they are programs that few have installed. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/watch/**/*.watch.ts'],
    globalSetup: ['test/setup/servers.ts', 'test/setup/built.ts'],
    testTimeout: 150_000,
    hookTimeout: 120_000,
    maxWorkers: 2,
    // Faults that do not disturb each other are caused at once.
    maxConcurrency: 20,
  },
});
