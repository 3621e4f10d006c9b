import { Injectable } from '@nestjs/common';
import { keys, limits, type Id } from '@app/platform';
import { LiveBus } from './live-bus.js';
import { FeedRedis } from './redis.js';

const DAY = 24 * 60 * 60;

/**
 * Each person's open streams, across all processes. Entries of a killed process soon are the oldest, and so are removed first;
 * ending a stream that does not exist does nothing.
 */
@Injectable()
export class OpenStreams {
  constructor(
    private readonly redis: FeedRedis,
    private readonly live: LiveBus,
  ) {}

  /** Records a new stream, and ends those above the limit. While Redis is away, each process counts only its own. */
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
