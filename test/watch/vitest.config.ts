import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { paced, scaled } from '../setup/pace.ts';

/** With the real monitoring programs, by `npm run test:watch`: separate from `npm test`, since few people have them installed. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { tsconfigPaths: true },
  test: {
    include: ['test/watch/**/*.watch.ts'],
    globalSetup: ['test/setup/servers.ts', 'test/setup/built.ts'],
    ...paced,
    testTimeout: scaled(150_000),
    hookTimeout: scaled(120_000),
    maxWorkers: 2,
    // Faults that do not disturb each other are caused at once.
    maxConcurrency: 20,
  },
});
