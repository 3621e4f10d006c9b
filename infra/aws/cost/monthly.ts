import type { Size } from '../lib/sizes.ts';
import { databaseHour, HOURS, machineHour, prices, redisHour } from './prices.ts';
import { DAYS, monthsOfPhotos, perPerson } from './usage.ts';

export interface Item {
  part: string;
  dollars: number;
}

const KB_A_GB = 1_000_000;

/** The alarms of both stacks, where Redis is no cluster: tests count them in the templates. */
export const ALARMS = 21;
/** How old the oldest work is, and the memory and disk of either kind of machine. */
const CUSTOM_METRICS = 5;

function priceOf(table: Record<string, number>, name: string): number {
  const price = table[name];
  if (price === undefined)
    throw new Error(`expected a price for ${name} but there is none in cost/prices.ts`);
  return price;
}

/** A month of these people in the units that AWS counts. */
function usage({ dailyPeople }: Size) {
  const days = dailyPeople * DAYS;
  const newGb = (days * perPerson.photos * perPerson.photoMb) / 1_000;
  return {
    pictures: days * perPerson.pictures,
    pictureGb: (days * perPerson.pictures * perPerson.pictureKb) / KB_A_GB,
    logGb: (days * perPerson.requests * perPerson.logKb) / KB_A_GB,
    answerGb: (days * perPerson.requests * perPerson.answerKb) / KB_A_GB,
    photos: days * perPerson.photos,
    newGb,
    oldGb: newGb * (monthsOfPhotos - 1),
  };
}

function tiered(gigabytes: number): number {
  let [dollars, from] = [0, 0];
  for (const { upTo, price } of prices.edgeGb) {
    dollars += Math.max(0, Math.min(gigabytes, upTo) - from) * price;
    from = upTo;
  }
  return dollars;
}

function machines({ instance, least }: Size['web']): number {
  return least * (priceOf(machineHour, instance) * HOURS + 30 * prices.volume);
}

function database({ database: { instance, storageGiB, virtualCpus } }: Size): Item[] {
  const hour = priceOf(databaseHour, instance);
  return [
    { part: 'PostgreSQL, Multi-AZ', dollars: 2 * (hour * HOURS + storageGiB * prices.databaseVolume) },
    { part: 'PostgreSQL, replica', dollars: hour * HOURS + storageGiB * prices.databaseVolume },
    { part: 'RDS Proxy', dollars: Math.max(2, virtualCpus) * prices.proxyCpuHour * HOURS },
  ];
}

function pictures(size: Size): Item[] {
  const { newGb, oldGb, photos, pictures, pictureGb } = usage(size);
  // A tenth is asked of S3, and the rest answered at the edge.
  const requests = (photos * 9 * prices.putThousand + 0.1 * pictures * prices.getThousand) / 1_000;
  const edgeRequests = (pictures / 10_000) * prices.edgeTenThousand;
  const functions = (pictures / 1_000_000) * prices.edgeFunctionMillion;
  return [
    { part: 'S3', dollars: newGb * prices.storedGb + oldGb * prices.storedOldGb + requests },
    { part: 'CloudFront', dollars: tiered(pictureGb) + edgeRequests + functions },
  ];
}

function network({ natGateways }: Size, answerGb: number): Item[] {
  const units = Math.max(1, answerGb / HOURS);
  const loadBalancer =
    HOURS * (prices.loadBalancerHour + units * prices.loadBalancerUnitHour + 3 * prices.addressHour);
  // Photos go past them: what is left is packages, secrets and metrics.
  const nat = natGateways * HOURS * (prices.natHour + prices.addressHour) + 50 * prices.natGb;
  return [
    { part: 'Load balancer', dollars: loadBalancer },
    { part: 'Answers to clients', dollars: answerGb * prices.outGb },
    { part: 'NAT gateways', dollars: nat },
  ];
}

/** A month at the least number of machines: what grows by load comes on top while it is there. */
export function monthly(size: Size): Item[] {
  const { oldGb, newGb, answerGb, logGb } = usage(size);
  const backups = 2 * size.database.storageGiB * prices.backupGb + (oldGb + newGb) * prices.backupS3Gb;
  const named = prices.zone + prices.healthCheck + 5 * prices.secret + 3 * prices.key;
  const watched = (size.web.least + size.worker.least) * prices.detailedMonitoring;
  const watching = watched + ALARMS * prices.alarm + CUSTOM_METRICS * prices.customMetric;
  return [
    { part: 'Web machines', dollars: machines(size.web) },
    { part: 'Worker machines', dollars: machines(size.worker) },
    ...database(size),
    { part: 'Redis', dollars: 2 * priceOf(redisHour, size.redis.node) * HOURS },
    ...pictures(size),
    ...network(size, answerGb),
    { part: 'Backups', dollars: backups },
    { part: 'Logs, metrics, alarms', dollars: logGb * prices.logGb + watching },
    { part: 'Names, secrets, keys', dollars: named },
  ];
}
