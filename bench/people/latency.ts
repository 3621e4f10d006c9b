import { Agent } from 'node:http';
import { quantile, timedGet } from '../measuring.ts';
import { scenarios } from './scenarios.ts';
import type { PeopleFixtures, Reader } from './people-fixtures.ts';

export interface Latency {
  path: string;
  /** In milliseconds. */
  p50: number;
  p99: number;
  /** A request that needs no database, alternating with each: it shows the effect of other load on the machine. */
  floor: { p50: number; p99: number };
}

const FLOOR = '/v1/instance';

const WARM_UPS = 20;
/** The caller may be blocked, and private people show nothing: 404 is a valid answer, too. */
const ALLOWED = [200, 404];

/**
 * Every list over HTTP by one real api, one request after the other: three in four as ordinary people, the rest the hard
 * cases.
 */
export async function time(
  people: PeopleFixtures,
  paths: readonly string[],
  requests: number,
  tick: (path: string) => void,
): Promise<Latency[]> {
  const { api, dataset, headersOf } = people;
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  const kept = new Map<Reader, Record<string, string>>();
  const headers = (reader: Reader): Record<string, string> => {
    const known = kept.get(reader) ?? headersOf(reader);
    kept.set(reader, known);
    return known;
  };
  const latencies: Latency[] = [];
  for (const path of paths) {
    const scenario = scenarios[path];
    if (!scenario) continue;
    tick(path);
    const hard = scenario.hard(dataset);
    const times: number[] = [];
    const floors: number[] = [];
    for (let n = -WARM_UPS; n < requests; n += 1) {
      const one = n % 4 === 0 ? hard[(n / 4) % hard.length] : undefined;
      const { path: url, reader } = one ?? scenario.any(dataset, n + WARM_UPS);
      const took = await timedGet(agent, api.url + url, headers(reader), ALLOWED);
      const floor = await timedGet(agent, api.url + FLOOR, {});
      if (n < 0) continue;
      times.push(took);
      floors.push(floor);
    }
    latencies.push({
      path,
      p50: quantile(times, 0.5),
      p99: quantile(times, 0.99),
      floor: { p50: quantile(floors, 0.5), p99: quantile(floors, 0.99) },
    });
  }
  agent.destroy();
  return latencies;
}
