import { Injectable } from '@nestjs/common';
import { keys, limits, type Id } from '@app/platform';
import { LiveBus } from './live-bus.js';
import { FeedRedis } from './redis.js';

const DAY = 24 * 60 * 60;

/**
 * Each person's open streams, over all processes. What a process that was killed left behind is the oldest before long,
 * and so the first to go; ending what is not there does nothing.
 */
@Injectable()
export class OpenStreams {
  constructor(
    private readonly redis: FeedRedis,
    private readonly live: LiveBus,
  ) {}

  /** Notes a new one, and has those ended that are too many. While Redis is away, each process counts for itself. */
  async opened(person: Id, stream: string): Promise<void> {
    const most = limits.stream.perPerson;
    const surplus = await this.run('streams-open', person, [stream, most, DAY]);
    const streams = (surplus as Buffer[] | null)?.map(String) ?? [];
    if (streams.length > 0) this.live.publish({ kind: 'surplus', to: person, streams });
  }

  async closed(person: Id, stream: string): Promise<void> {
    await this.run('streams-close', person, [stream]);
  }

  private async run(
    script: 'streams-open' | 'streams-close',
    person: Id,
    args: (string | number)[],
  ): Promise<unknown> {
    try {
      return await this.redis.run(script, [keys.streams(this.redis.epoch, person)], args);
    } catch {
      return null;
    }
  }
}
