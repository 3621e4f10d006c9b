import { createParamDecorator, type ExecutionContext } from '@nestjs/common';
import type { Origin } from '@app/storage';
import ipaddr from 'ipaddr.js';
import type { ApiRequest } from './call.js';

/** The request's origin as it is stored: precise enough for its owner, too coarse to find a household. */
export const OriginOf = createParamDecorator((_: unknown, context: ExecutionContext): Origin =>
  originOf(context.switchToHttp().getRequest<ApiRequest>()),
);

export function originOf({ ip, headers }: ApiRequest): Origin {
  return { address: shortened(ip), userAgent: headers['user-agent']?.slice(0, 200) ?? null };
}

/** `192.0.2.0/24`, `2001:db8:1::/48`; an IPv4 address written as IPv6 is that IPv4 address. */
export function shortened(ip: string): string | null {
  if (!ipaddr.isValid(ip)) return null;
  const address = ipaddr.process(ip);
  const bits = address.kind() === 'ipv4' ? 24 : 48;
  const kind = address.kind() === 'ipv4' ? ipaddr.IPv4 : ipaddr.IPv6;
  return `${kind.networkAddressFromCIDR(`${address.toString()}/${bits}`).toString()}/${bits}`;
}
