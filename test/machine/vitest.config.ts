import { defineConfig } from 'vitest/config';

/** A machine that boots takes minutes, root and systemd-nspawn: a suite of its own, `npm run test:machine`. */
export default defineConfig({
  test: {
    name: 'machine',
    root: import.meta.dirname,
    include: ['**/*.machine.ts'],
    testTimeout: 120_000,
    hookTimeout: 480_000,
    // They are one machine's life, in order.
    bail: 1,
  },
});
