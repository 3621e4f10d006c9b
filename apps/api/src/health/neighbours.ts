import { BlockList, isIPv4 } from 'node:net';
import type { ApiRequest } from '../http/call.js';

const near = new BlockList();
for (const [network, bits] of [
  ['127.0.0.0', 8],
  ['10.0.0.0', 8],
  ['172.16.0.0', 12],
  ['192.168.0.0', 16],
  ['169.254.0.0', 16],
] as const) {
  near.addSubnet(network, bits, 'ipv4');
}
near.addAddress('::1', 'ipv6');
near.addSubnet('fc00::', 7, 'ipv6');
near.addSubnet('fe80::', 10, 'ipv6');

const proxied = ['forwarded', 'x-forwarded-for', 'via'] as const;

/** True when the connection's peer is loopback or private, and no proxy header names another client. */
export function isNeighbour(request: ApiRequest): boolean {
  const address = (request.raw.socket.remoteAddress ?? '').replace(/^::ffff:/, '');
  if (address === '' || proxied.some((name) => request.headers[name] !== undefined)) return false;
  return near.check(address, isIPv4(address) ? 'ipv4' : 'ipv6');
}
