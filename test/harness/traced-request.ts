import { randomBytes } from 'node:crypto';
import { request } from 'node:https';
import { networkInterfaces } from 'node:os';
import { NAME, PORT } from './edge-requests.js';
import type { RunningFleet } from './fleet.js';

/** An address of this machine outside of a fleet's operator networks; a machine may have none. */
export const stranger = Object.values(networkInterfaces())
  .flat()
  .find(
    (one) => one && !one.internal && one.family === 'IPv4' && !one.address.startsWith('169.254.'),
  )?.address;

const hex = (bytes: number) => randomBytes(bytes).toString('hex');

/** A request through a balancer of a fleet with a sampled `traceparent`, from an address of this machine. */
export async function askTraced(
  fleet: RunningFleet,
  from?: string,
): Promise<{ traceId: string; requestId: string }> {
  const [traceId, requestId] = [hex(16), hex(16)];
  const options = {
    host: (await fleet.addressOf('haproxy-1')).split(':')[0],
    port: PORT,
    path: '/v1/instance',
    ...(from === undefined ? {} : { localAddress: from }),
    ca: fleet.authority,
    servername: NAME,
    headers: { host: NAME, 'x-request-id': requestId, traceparent: `00-${traceId}-${hex(8)}-01` },
  };
  await new Promise<void>((resolve, reject) => {
    const asked = request(options, (response) => {
      if (response.statusCode !== 200) reject(new Error(`expected 200 but received ${response.statusCode}`));
      response.resume().on('end', resolve);
    });
    asked.on('error', reject).end();
  });
  return { traceId, requestId };
}
