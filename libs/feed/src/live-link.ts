import { clusterNodes, openRedis, type RedisNode } from '@app/platform';
import { Redis, type RedisOptions } from 'ioredis';

/** How long the server may take for an answer, in milliseconds: no request waits for it. */
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
 * The subscriber connection: a subscribed connection accepts no other commands, so it is a separate one. Messages published
 * while it is down are lost; `returned` reports that it was down. On a cluster it subscribes on one node, which receives the
 * messages of all others, and moves to the next when that node is gone. (ioredis's cluster client does so too, but does not
 * report that messages may have been lost.)
 */
export class LiveLink {
  private client: Redis | undefined;
  private opening: Promise<unknown> | undefined;
  /** Channels, each with the promise that resolves once it is subscribed. */
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

  /** Call it once, before anybody listens: then it connects, since most processes have nobody who does. */
  start(hear: (text: string) => void, returned: () => void): void {
    this.hear = hear;
    this.returned = returned;
  }

  /** Settles once it is connected, or has failed to. */
  private openFirst(): Promise<unknown> {
    this.open();
    return new Promise((settle) => this.client?.once('ready', settle).once('end', settle));
  }

  private open(): void {
    const node = this.nodes?.[this.opened % this.nodes.length];
    const client = node ? new Redis({ ...options, ...node }) : openRedis(this.url, options);
    this.client = client;
    client.on('ready', () => void this.subscribe([...this.wanted.keys()]));
    client.on('error', () => undefined);
    client.on('message', (_channel: string, text: string) => this.hear(text));
    client.on('end', () => this.openNext());
    // A failed connection emits `end` above, which opens the next.
    client.connect().catch(() => undefined);
  }

  private openNext(): void {
    this.missed = true;
    if (this.isStopped) return;
    this.opened += 1;
    this.failures += 1;
    this.timer = setTimeout(() => this.open(), Math.min(50 * this.failures, 500));
  }

  /** Resolves once the channel is subscribed, or at once while the connection is down. */
  async listen(channel: string): Promise<void> {
    await (this.opening ??= this.openFirst());
    const known = this.wanted.get(channel);
    if (known) return known;
    this.missed ||= !this.isUp;
    const heard = this.isUp ? this.subscribe([channel]) : Promise.resolve();
    this.wanted.set(channel, heard);
    return heard;
  }

  leave(channel: string): void {
    this.wanted.delete(channel);
    // Messages without a listener are ignored.
    if (this.isUp) this.client?.unsubscribe(channel).catch(() => undefined);
  }

  /** A connection whose peer vanished stays silent forever: a failed ping reopens it. */
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
