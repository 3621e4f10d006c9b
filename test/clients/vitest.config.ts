import { fileURLToPath } from 'node:url';
import { defineConfig } from 'vitest/config';
import { paced, scaled } from '../setup/pace.ts';

/** `npm run test:clients`: what others make from openapi.json, and the client to install, as a stranger gets it. */
export default defineConfig({
  root: fileURLToPath(new URL('../..', import.meta.url)),
  resolve: { tsconfigPaths: true },
  test: {
    name: 'clients',
    include: ['test/clients/*.clients.ts'],
    globalSetup: ['test/setup/servers.ts', 'test/setup/built.ts'],
    // They share a stack.
    isolate: false,
    maxWorkers: 1,
    ...paced,
    testTimeout: scaled(120_000),
    hookTimeout: scaled(120_000),
  },
});
