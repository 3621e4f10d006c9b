import { Injectable } from '@nestjs/common';
import { keys } from '@app/platform';
import {
  RateLimiterMemory,
  RateLimiterRedis,
  RateLimiterRes,
  type RateLimiterAbstract,
} from 'rate-limiter-flexible';
import { RedisLink } from './redis-link.js';

/** The limiter's decision on one more request. */
export interface RateState {
  allowed: boolean;
  remaining: number;
  resetSeconds: number;
}

interface Window {
  /** `read` is counted in this process alone. */
  shared: boolean;
  requests: number;
  seconds: number;
}

/**
 * Counts requests in fixed windows, by policy and subject, across processes in Redis; while Redis is away, in this process, so
 * limits always apply. (rate-limiter-flexible: one round trip a request, an insurance limiter, kept since 2018.)
 */
@Injectable()
export class RateCounter {
  private readonly limiters = new Map<string, RateLimiterAbstract>();

  constructor(private readonly link: RedisLink) {}

  async take(policy: string, subject: string, window: Window): Promise<RateState> {
    const limiter = this.limiters.get(policy) ?? limiterOf(this.link, policy, window);
    this.limiters.set(policy, limiter);
    try {
      return stateOf(await limiter.consume(subject), true);
    } catch (refusal) {
      if (refusal instanceof RateLimiterRes) return stateOf(refusal, false);
      throw refusal;
    }
  }
}

/** Counts in Redis, and in this process where it is not shared or Redis is away. */
export function limiterOf(
  link: RedisLink,
  policy: string,
  { shared = true, requests, seconds }: Omit<Window, 'shared'> & Partial<Window>,
): RateLimiterAbstract {
  const options = { keyPrefix: `${keys.rateLimit}:${policy}`, points: requests, duration: seconds };
  const here = new RateLimiterMemory(options);
  if (!shared) return here;
  return new RateLimiterRedis({
    ...options,
    storeClient: link.client,
    insuranceLimiter: here,
    rejectIfRedisNotReady: true,
  });
}

function stateOf(result: RateLimiterRes, allowed: boolean): RateState {
  return {
    allowed,
    remaining: Math.max(0, result.remainingPoints),
    resetSeconds: Math.ceil(result.msBeforeNext / 1000),
  };
}
