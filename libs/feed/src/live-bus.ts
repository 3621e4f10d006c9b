import { Injectable } from '@nestjs/common';
import { keys, type Id, type LiveMessage } from '@app/platform';
import { LiveLink } from './live-link.js';
import { FeedRedis } from './redis.js';

/** What a process that listens does. */
export interface LiveListener {
  heard(message: LiveMessage): void;
  /** Messages may have been lost: whoever is connected has to read again. */
  missed(): void;
}

/**
 * Messages between processes, through Redis, for people who are connected at this moment. One channel a bucket of people:
 * a process listens to those of the people that are connected to it, and a message is published once, however many
 * devices and processes there are.
 */
@Injectable()
export class LiveBus {
  /** How many people of each channel are connected here. */
  private readonly channels = new Map<string, number>();

  constructor(
    private readonly redis: FeedRedis,
    private readonly link: LiveLink,
  ) {}

  /** Never fails and waits for nothing: what is lost can be read. */
  publish(message: LiveMessage): void {
    // A message that is lost is no loss: what it tells of can be read.
    this.redis.publish(channelOf(message), JSON.stringify(message)).catch(() => undefined);
  }

  start(listener: LiveListener): void {
    this.link.start(
      (text) => listener.heard(JSON.parse(text) as LiveMessage),
      () => listener.missed(),
    );
  }

  /** Listens to what concerns a person, until as many `leave`; resolves once it is heard, or Redis is away. */
  async join(person: Id): Promise<void> {
    const channels = [keys.live(person), keys.liveFeeds];
    for (const channel of channels) this.channels.set(channel, (this.channels.get(channel) ?? 0) + 1);
    await Promise.all(channels.map((channel) => this.link.listen(channel)));
  }

  leave(person: Id): void {
    for (const channel of [keys.live(person), keys.liveFeeds]) {
      const people = (this.channels.get(channel) ?? 1) - 1;
      this.channels.set(channel, people);
      if (people === 0) this.link.leave(channel);
    }
  }

  /** To be called now and then while somebody listens. */
  check(): void {
    void this.link.check();
  }

  stop(): void {
    this.link.stop();
  }
}

/** Ids of sessions lie on their person's shard, and so in their bucket. */
function channelOf(message: LiveMessage): string {
  if (message.kind === 'delivered') return keys.liveFeeds;
  return keys.live(message.kind === 'ended' ? message.session : message.to);
}
