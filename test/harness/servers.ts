import { inject } from 'vitest';

/** The servers that the run's set-up started, and its folder. */
export interface Servers {
  folder: string;
  /** As its operators reach PostgreSQL. */
  postgres: string;
  /** As api and worker do. */
  serving: string;
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
