import { defineConfig } from 'vitest/config';

/** Needs nothing that runs: no server, no network, no account. */
export default defineConfig({
  root: import.meta.dirname,
  test: { name: 'aws', include: ['test/**/*.test.ts'], testTimeout: 60_000, hookTimeout: 120_000 },
});
