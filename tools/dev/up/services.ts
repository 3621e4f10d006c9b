import { join } from 'node:path';
import { endLeft, Ledger } from '../ledger.ts';
import { stopPostgres } from '../postgres.ts';
import type { StopStep } from '../processes.ts';
import { stopRedis } from '../redis.ts';
import { Refusal } from '../say.ts';

/** The processes of one Narwhal. */
export type ServiceName = 'postgres' | 'redis' | 'migrate' | 'worker' | 'api' | 'backup';

/** The applications finish their current work. */
const stopApplication: StopStep[] = [{ signal: 'SIGTERM', patience: 30_000 }];

export const stopSteps: Record<ServiceName, StopStep[]> = {
  api: stopApplication,
  worker: stopApplication,
  migrate: [{ signal: 'SIGTERM', patience: 5_000 }],
  // Unfinished work is begun anew at the next start.
  backup: [{ signal: 'SIGTERM', patience: 10_000 }],
  redis: stopRedis,
  postgres: stopPostgres,
};

/** The order of stopping: clients of a server before the server. */
export const stopOrder: ServiceName[][] = [['migrate', 'worker', 'api'], ['redis', 'backup'], ['postgres']];

const programs: Record<ServiceName, string> = {
  api: 'apps/api/',
  worker: 'apps/worker/',
  migrate: 'apps/cli/',
  backup: 'apps/cli/',
  redis: 'redis-server',
  postgres: 'postgres',
};

export type UpLedger = Ledger<{ url: string }>;

/** <data>/up.json. */
export const upLedger = (dataFolder: string, url: string): UpLedger =>
  new Ledger(
    join(dataFolder, 'up.json'),
    { url },
    {
      refusal: (other) =>
        new Refusal(
          `Narwhal already runs on this data folder: ${other.url} (process ${other.launcher.pid}).\n` +
            `Stop it with Ctrl-C where it runs, or \`kill ${other.launcher.pid}\`. To run a second one beside it:\n` +
            '  PORT=3001 NARWHAL_DATA=.narwhal-2 npm run up',
        ),
      async endLeft(children) {
        for (const name of stopOrder) {
          const those = name.flatMap((each) =>
            children
              .filter((child) => child.name === each)
              .map((child) => endLeft(child, stopSteps[each], programs[each])),
          );
          await Promise.all(those);
        }
      },
    },
  );
