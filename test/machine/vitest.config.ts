import { defineConfig } from 'vitest/config';

/** Machines that boot take minutes, root and systemd-nspawn: a suite of its own, `npm run test:machine`. */
export default defineConfig({
  test: {
    name: 'machine',
    root: import.meta.dirname,
    include: ['**/*.machine.ts'],
    globalSetup: ['setup.ts'],
    testTimeout: 180_000,
    hookTimeout: 60_000,
    // They are one machine's life, in order.
    bail: 1,
  },
});
