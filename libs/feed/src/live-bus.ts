import { Injectable } from '@nestjs/common';
import { keys, limits, type Id, type LiveMessage } from '@app/platform';
import { LiveLink } from './live-link.js';
import { FeedRedis } from './redis.js';

const DAY = 24 * 60 * 60;

/** The callbacks of a process that listens. */
export interface LiveListener {
  heard(message: LiveMessage): void;
  /** Messages may have been lost: connected clients have to read again. */
  missed(): void;
}

/**
 * Messages between processes, through Redis, for people who are connected now. One channel per bucket of people: a process
 * listens to the channels of the people connected to it, and a message is published once, however many devices and processes
 * there are.
 */
@Injectable()
export class LiveBus {
  /** The number of people connected here, by channel. */
  private readonly channels = new Map<string, number>();

  constructor(
    private readonly redis: FeedRedis,
    private readonly link: LiveLink,
  ) {}

  /** Never throws and does not wait: a lost message can be read later. */
  publish(message: LiveMessage): void {
    // A lost message does no harm: clients can read what it announces.
    this.redis.publish(channelOf(message), JSON.stringify(message)).catch(() => undefined);
  }

  start(listener: LiveListener): void {
    this.link.start(
      (text) => listener.heard(JSON.parse(text) as LiveMessage),
      () => listener.missed(),
    );
  }

  /**
   * Listens to a person's messages until `leave` was called as often as `join`; resolves once subscribed, or when Redis is away.
   * Redis lists each person's open streams across all processes: those above the limit end.
   */
  async join(person: Id, stream: string): Promise<void> {
    void this.list('streams-open', person, [stream, limits.stream.perPerson, DAY]);
    const channels = [keys.live(person), keys.liveFeeds];
    for (const channel of channels) this.channels.set(channel, (this.channels.get(channel) ?? 0) + 1);
    await Promise.all(channels.map((channel) => this.link.listen(channel)));
  }

  leave(person: Id, stream: string): void {
    void this.list('streams-close', person, [stream]);
    for (const channel of [keys.live(person), keys.liveFeeds]) {
      const people = (this.channels.get(channel) ?? 1) - 1;
      this.channels.set(channel, people);
      if (people === 0) this.link.leave(channel);
    }
  }

  /**
   * Entries of a killed process soon are the oldest, and so are removed first; ending a stream that does not exist does
   * nothing. While Redis is away, each process counts only its own.
   */
  private async list(
    script: 'streams-open' | 'streams-close',
    person: Id,
    args: (string | number)[],
  ): Promise<void> {
    const run = async () => this.redis.run(script, [keys.streams(this.redis.epoch, person)], args);
    // Redis is away.
    const surplus = await run().catch(() => null);
    const streams = (surplus as Buffer[] | null)?.map(String) ?? [];
    if (streams.length > 0) this.publish({ kind: 'surplus', to: person, streams });
  }

  /** Call it periodically while somebody listens. */
  check(): void {
    void this.link.check();
  }

  stop(): void {
    this.link.stop();
  }
}

/** A session's id is on its person's shard, and so in their bucket. */
export function channelOf(message: LiveMessage): string {
  if (message.kind === 'delivered') return keys.liveFeeds;
  return keys.live(message.kind === 'ended' ? message.session : message.to);
}
