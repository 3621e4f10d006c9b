import { Injectable } from '@nestjs/common';
import { limits } from '@app/platform';
import type { RateLimiterAbstract } from 'rate-limiter-flexible';
import { limiterOf } from './rate-counter.js';
import { RedisLink } from './redis-link.js';

/** Counts what fails in a row, and pauses after several: 1 s, then 2 s, 4 s and so on. Subjects are names of the caller's choice. */
@Injectable()
export class GuessCounter {
  private readonly failures: RateLimiterAbstract;
  private readonly pauses: RateLimiterAbstract;

  constructor(link: RedisLink) {
    this.failures = limiterOf(link, 'guesses', { requests: 1, seconds: limits.guesses.rememberedFor });
    this.pauses = limiterOf(link, 'pause', { requests: 1, seconds: limits.guesses.longestPause });
  }

  /** Seconds until the subject may try again; 0 for now. */
  async pause(subject: string): Promise<number> {
    const state = await this.pauses.get(subject);
    return state ? Math.ceil(state.msBeforeNext / 1000) : 0;
  }

  /** Returns how many have failed in a row. */
  async fail(subject: string): Promise<number> {
    const { consumedPoints } = await this.failures.penalty(subject);
    const more = consumedPoints - limits.guesses.free;
    if (more < 0) return consumedPoints;
    const customDuration = Math.min(limits.guesses.longestPause, 2 ** more);
    // Refused when another failure of the same moment has begun a pause.
    await this.pauses.consume(subject, 1, { customDuration }).catch(() => undefined);
    return consumedPoints;
  }

  /** Ends the row. */
  async succeed(subject: string): Promise<void> {
    await this.failures.delete(subject);
  }
}
