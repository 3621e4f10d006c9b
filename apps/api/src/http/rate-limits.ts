import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, limits, problem, type Config } from '@app/platform';
import { RateCounter } from '@app/feed';
import ipaddr from 'ipaddr.js';
import type { ApiReply, ApiRequest, Caller } from './call.js';
import type { EndpointOptions, RatePolicy } from './endpoint.js';

/**
 * Rate limits: counted in Redis across all processes, and in this process while Redis is down, never off. Reads are counted
 * only in the process: a round trip would cost more than most reads do.
 */
@Injectable()
export class RateLimits {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rates: RateCounter,
  ) {}

  /** @throws Problem 429 `rate_limited` */
  async take(
    endpoint: Pick<EndpointOptions, 'rate'>,
    caller: Caller | null,
    request: ApiRequest,
    reply: ApiReply,
  ): Promise<void> {
    const policy: RatePolicy = endpoint.rate ?? 'read';
    if (!this.config.RATE_LIMITS || policy === 'none') return;
    const { requests, seconds } = limits.rates[policy];
    // Before sign-in the address counts. A household's phones share one, so those limits are wide.
    const subject = caller ? caller.userId : networkOf(request.ip);
    const state = await this.rates.take(policy, subject, { requests, seconds, shared: policy !== 'read' });
    const headers = {
      'ratelimit-policy': `"${policy}";q=${requests};w=${seconds}`,
      ratelimit: `"${policy}";r=${state.remaining};t=${state.resetSeconds}`,
    };
    if (state.allowed) {
      void reply.headers(headers);
      return;
    }
    counter('narwhal_rate_limited_total').inc({ policy });
    const retryAfter = Math.max(1, state.resetSeconds);
    throw problem('rate_limited', {
      params: { retryAfter },
      headers: { ...headers, 'retry-after': String(retryAfter) },
    });
  }
}

/** An IPv6 subscriber has a /64, so all its addresses count as one; an IPv4 address written as IPv6 is that IPv4 address. */
export function networkOf(ip: string): string {
  if (!ipaddr.isValid(ip)) return ip;
  const address = ipaddr.process(ip);
  if (address instanceof ipaddr.IPv4) return address.toString();
  return `${address.parts
    .slice(0, 4)
    .map((part) => part.toString(16))
    .join(':')}::/64`;
}
