import { defineConfig } from 'vitest/config';
import { paced, scaled } from '../setup/pace.ts';

/** Booting machines takes minutes, root and systemd-nspawn: a separate suite, `npm run test:machine`. */
export default defineConfig({
  test: {
    name: 'machine',
    root: import.meta.dirname,
    include: ['**/*.machine.ts'],
    globalSetup: ['../setup/run.ts', 'setup.ts'],
    ...paced,
    testTimeout: scaled(180_000),
    hookTimeout: scaled(60_000),
    // A file is one machine's life, in order; two live at once, on two cores too: they mostly wait.
    bail: 1,
    maxWorkers: 2,
  },
});
