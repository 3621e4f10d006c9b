import { lookAtSentinels } from '@app/feed';
import { ok, warning, type Finding } from './finding.js';

/** Two of three agree on a failover, and one may be away. */
const ENOUGH = 3;
/** Below this, a busy machine loses its primary for nothing (infra/redis). In milliseconds. */
const LEAST = 2_000;

/** Finds everything that would keep Redis from failing over, or make it do so needlessly; nothing without sentinels. */
export async function sentinels(url: string): Promise<Finding[]> {
  const looks = await lookAtSentinels(url);
  const there = looks.filter(({ fault }) => fault === null);
  const findings = looks
    .filter(({ fault }) => fault !== null)
    .map(({ address, fault }) =>
      warning(`The sentinel at ${address} cannot be used (${fault}): start it, or correct REDIS_SENTINELS.`),
    );
  if (there.length === 0) return findings;
  const known = Math.min(looks.length, ...there.map((look) => look.sentinels));
  if (known < ENOUGH)
    findings.push(
      warning(
        `There are ${known} sentinels, and a failover takes ${ENOUGH}: set up the others, and name all in REDIS_SENTINELS.`,
      ),
    );
  const hasty = there.find(({ downAfter }) => downAfter < LEAST);
  if (hasty)
    findings.push(
      warning(
        `The sentinel at ${hasty.address} gives Redis up after ${hasty.downAfter} ms: set down-after-milliseconds to ${LEAST} or more, or a busy machine fails over for nothing.`,
      ),
    );
  if (there.some(({ replicas }) => replicas === 0))
    findings.push(warning('No replica of Redis is there to take over: set up the other two.'));
  return findings.length > 0 ? findings : [ok(`${there.length} sentinels watch Redis`)];
}
