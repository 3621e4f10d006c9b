import { clusterNodes, type RedisNode } from '@app/platform';
import { Redis, type RedisOptions } from 'ioredis';

/** How long the server may take for an answer, in milliseconds: nobody waits for it. */
const BUDGET = 5_000;

const options: RedisOptions = {
  lazyConnect: true,
  commandTimeout: BUDGET,
  connectTimeout: 2_000,
  maxRetriesPerRequest: 0,
  enableOfflineQueue: false,
  autoResubscribe: false,
  retryStrategy: () => null,
};

/**
 * The connection that listens: a server in that mode answers nothing else, so it is one of its own. What is published while
 * it is down is lost; `returned` says that it was down. Of a cluster it listens to one node, which hears what any other is
 * told, and to the next one when that is gone. (ioredis's client of a cluster does so too, but says to nobody that messages
 * may have been lost.)
 */
export class LiveLink {
  private client: Redis | undefined;
  /** Channels, each with the moment from which it is heard. */
  private readonly wanted = new Map<string, Promise<void>>();
  private readonly nodes: RedisNode[] | null;
  private opened = 0;
  private failures = 0;
  private timer: NodeJS.Timeout | undefined;
  private isStopped = false;
  private missed = false;
  private hear: (text: string) => void = () => undefined;
  private returned: () => void = () => undefined;

  constructor(private readonly url: string) {
    this.nodes = clusterNodes(url);
  }

  /** Once, before anybody listens. */
  start(hear: (text: string) => void, returned: () => void): void {
    this.hear = hear;
    this.returned = returned;
    this.open();
  }

  private open(): void {
    const node = this.nodes?.[this.opened % this.nodes.length];
    const client = node ? new Redis({ ...options, ...node }) : new Redis(this.url, options);
    this.client = client;
    client.on('ready', () => void this.subscribe([...this.wanted.keys()]));
    client.on('error', () => undefined);
    client.on('message', (_channel: string, text: string) => this.hear(text));
    client.on('end', () => this.openNext());
    // It ends with `end` above, which opens the next.
    client.connect().catch(() => undefined);
  }

  private openNext(): void {
    this.missed = true;
    if (this.isStopped) return;
    this.opened += 1;
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), Math.min(50 * this.failures, 500));
  }

  /** Resolves once the channel is heard, or at once while the connection is down. */
  async listen(channel: string): Promise<void> {
    const known = this.wanted.get(channel);
    if (known) return known;
    this.missed ||= !this.isUp;
    const heard = this.isUp ? this.subscribe([channel]) : Promise.resolve();
    this.wanted.set(channel, heard);
    return heard;
  }

  leave(channel: string): void {
    this.wanted.delete(channel);
    // What is heard for nobody is thrown away.
    if (this.isUp) this.client?.unsubscribe(channel).catch(() => undefined);
  }

  /** A connection whose other end vanished says nothing for ever: asked now and then, it is made anew. */
  async check(): Promise<void> {
    if (this.isUp) await this.client?.ping().catch(() => this.client?.disconnect());
  }

  stop(): void {
    this.isStopped = true;
    clearTimeout(this.timer);
    this.client?.disconnect();
  }

  private get isUp(): boolean {
    return this.client?.status === 'ready';
  }

  private async subscribe(channels: string[]): Promise<void> {
    try {
      if (channels.length > 0) await this.client?.subscribe(...channels);
    } catch {
      this.missed = true;
      this.client?.disconnect();
      return;
    }
    this.failures = 0;
    if (this.missed) this.returned();
    this.missed = false;
  }
}
