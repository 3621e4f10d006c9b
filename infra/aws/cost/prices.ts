/**
 * List prices on demand in us-east-1, in US dollars, as last known in January 2025 from AWS's public price pages; written down
 * from memory, not fetched. A year's commitment takes a third off machines, PostgreSQL and Redis. Check before you buy:
 * https://calculator.aws
 */
export const PRICES_OF = 'January 2025';

export const HOURS = 730;

/** An hour of a machine. */
export const machineHour: Record<string, number> = {
  't3.medium': 0.0416,
  'c6i.large': 0.085,
  'c6i.xlarge': 0.17,
  'c6i.2xlarge': 0.34,
};

/** An hour of PostgreSQL in one zone; Multi-AZ is twice that. */
export const databaseHour: Record<string, number> = {
  't4g.medium': 0.065,
  'r6g.large': 0.225,
  'r6g.4xlarge': 1.798,
};

export const redisHour: Record<string, number> = {
  'cache.t4g.small': 0.032,
  'cache.m6g.large': 0.149,
  'cache.r6g.xlarge': 0.411,
};

export const prices = {
  /** A GB of gp3 a month: of a machine; of PostgreSQL in one zone. */
  volume: 0.08,
  databaseVolume: 0.115,
  /** An hour of each virtual CPU behind the pool. */
  proxyCpuHour: 0.015,
  loadBalancerHour: 0.0225,
  /** A unit: 1 GB an hour, or 25 new connections a second, or 3,000 open ones. */
  loadBalancerUnitHour: 0.008,
  natHour: 0.045,
  natGb: 0.045,
  /** A public IPv4 address: of each NAT gateway, and of the load balancer in each zone. */
  addressHour: 0.005,
  /** S3: a GB a month, of what is young and of what is older than a month (Intelligent-Tiering, infrequent). */
  storedGb: 0.023,
  storedOldGb: 0.0125,
  putThousand: 0.005,
  getThousand: 0.0004,
  /** Out to the world: from the load balancer, and by CloudFront (North America and Europe), by the month's GB. */
  outGb: 0.09,
  edgeGb: [
    { upTo: 10_000, price: 0.085 },
    { upTo: 50_000, price: 0.08 },
    { upTo: 150_000, price: 0.06 },
    { upTo: Infinity, price: 0.04 },
  ],
  edgeTenThousand: 0.01,
  /** A million runs of the function, and as many readings of its key. */
  edgeFunctionMillion: 0.1 + 0.03,
  backupGb: 0.095,
  backupS3Gb: 0.05,
  secret: 0.4,
  key: 1,
  alarm: 0.1,
  customMetric: 0.3,
  /** A machine's own metrics each minute instead of each five. */
  detailedMonitoring: 7 * 0.3,
  /** A GB of logs taken in, and kept for a month. */
  logGb: 0.5 + 0.03,
  zone: 0.5,
  /** HTTPS, every 10 s, with latency. */
  healthCheck: 0.5 + 3 * 1,
} as const;
