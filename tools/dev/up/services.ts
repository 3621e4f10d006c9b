import { stopPostgres } from '../postgres.ts';
import type { StopStep } from '../processes.ts';
import { stopRedis } from '../redis.ts';

/** The processes of one Narwhal. */
export type ServiceName = 'postgres' | 'redis' | 'migrate' | 'worker' | 'api';

/** The applications finish their current work. */
const stopApplication: StopStep[] = [{ signal: 'SIGTERM', patience: 30_000 }];

export const stopSteps: Record<ServiceName, StopStep[]> = {
  api: stopApplication,
  worker: stopApplication,
  migrate: [{ signal: 'SIGTERM', patience: 5_000 }],
  redis: stopRedis,
  postgres: stopPostgres,
};

/** The order of stopping: clients of a server before the server. */
export const stopOrder: ServiceName[][] = [['migrate', 'worker', 'api'], ['redis'], ['postgres']];
