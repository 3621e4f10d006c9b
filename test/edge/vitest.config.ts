import { join } from 'node:path';
import { defineConfig } from 'vitest/config';

const root = join(import.meta.dirname, '../..');

/** `npm run test:edge`: the long form of the edge's tests. One file after the other, since each measures how long things take. */
export default defineConfig({
  root,
  resolve: { tsconfigPaths: true },
  test: {
    name: 'edge',
    include: ['test/edge/**/*.edge.ts'],
    globalSetup: ['test/setup/built.ts'],
    fileParallelism: false,
    testTimeout: 60_000,
    hookTimeout: 180_000,
  },
});
