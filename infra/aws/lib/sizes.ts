/** One of three ways to buy it: what `lib/` builds and what `cost/` adds up, so that the two cannot disagree. */
export interface Size {
  /** In words, for people who choose. */
  who: string;
  /** People who open the app on a day; what traffic and storage are worked out from (see `cost/usage.ts`). */
  dailyPeople: number;
  web: Machines;
  worker: Machines;
  database: { instance: string; virtualCpus: number; storageGiB: number; largestStorageGiB: number };
  redis: { node: string; shards: number };
  /** One for each zone, or one for all: a lost zone then takes away the machines' way out, not the way in. */
  natGateways: number;
}

interface Machines {
  instance: string;
  /** The least is three of the web: one for each zone. */
  least: number;
  most: number;
}

export const sizes = {
  small: {
    who: 'a town or a large club: 5,000 people a day',
    dailyPeople: 5_000,
    web: { instance: 't3.medium', least: 3, most: 6 },
    worker: { instance: 'c6i.large', least: 1, most: 4 },
    database: { instance: 't4g.medium', virtualCpus: 2, storageGiB: 50, largestStorageGiB: 500 },
    redis: { node: 'cache.t4g.small', shards: 2 },
    natGateways: 1,
  },
  medium: {
    who: 'a city: 50,000 people a day',
    dailyPeople: 50_000,
    web: { instance: 'c6i.large', least: 3, most: 9 },
    worker: { instance: 'c6i.xlarge', least: 2, most: 10 },
    database: { instance: 'r6g.large', virtualCpus: 2, storageGiB: 200, largestStorageGiB: 2_000 },
    redis: { node: 'cache.m6g.large', shards: 2 },
    natGateways: 3,
  },
  large: {
    who: 'a country: 500,000 people a day',
    dailyPeople: 500_000,
    web: { instance: 'c6i.2xlarge', least: 6, most: 24 },
    worker: { instance: 'c6i.2xlarge', least: 6, most: 40 },
    database: { instance: 'r6g.4xlarge', virtualCpus: 16, storageGiB: 2_000, largestStorageGiB: 16_000 },
    redis: { node: 'cache.r6g.xlarge', shards: 3 },
    natGateways: 3,
  },
} as const satisfies Record<string, Size>;

export type SizeName = keyof typeof sizes;
