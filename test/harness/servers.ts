import { inject } from 'vitest';

/** What the run's set-up started, and where it keeps things. */
export interface Servers {
  folder: string;
  postgres: string;
  redis: string;
}

declare module 'vitest' {
  interface ProvidedContext {
    servers: Servers;
  }
}

/** The migrated database that each spec's own is copied from. */
export const TEMPLATE = 'migrated';

export function servers(): Servers {
  return inject('servers');
}
