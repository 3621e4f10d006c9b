import { join } from 'node:path';
import { defineConfig } from 'vitest/config';
import { paced, scaled } from '../setup/pace.ts';

const root = join(import.meta.dirname, '../..');

/** `npm run test:edge`: the long form of the edge's tests. One file after the other, since each measures durations. */
export default defineConfig({
  root,
  resolve: { tsconfigPaths: true },
  test: {
    name: 'edge',
    include: ['test/edge/**/*.edge.ts'],
    globalSetup: ['test/setup/run.ts', 'test/setup/built.ts'],
    fileParallelism: false,
    ...paced,
    testTimeout: scaled(60_000),
    hookTimeout: scaled(180_000),
  },
});
