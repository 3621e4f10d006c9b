import type { Cluster, Redis } from 'ioredis';
import { openClient } from './redis-link.js';

/** How long the server may take for an answer, in milliseconds: nobody waits for it. */
const BUDGET = 5_000;

/**
 * The connection that listens: a server in that mode answers nothing else, so it is one of its own. What is published while
 * it is down is lost; `returned` says that it was down.
 */
export class LiveLink {
  private client: Redis | Cluster | undefined;
  /** Channels, each with the moment from which it is heard. */
  private readonly wanted = new Map<string, Promise<void>>();
  private missed = false;
  private returned: () => void = () => undefined;

  constructor(private readonly url: string) {}

  /** Once, before anybody listens. */
  start(hear: (text: string) => void, returned: () => void): void {
    this.returned = returned;
    const client = openClient(this.url, BUDGET);
    this.client = client;
    client.on('ready', () => void this.subscribe([...this.wanted.keys()]));
    client.on('close', () => (this.missed = true));
    client.on('error', () => undefined);
    client.on('message', (_channel: string, text: string) => hear(text));
    client.connect().catch(() => undefined);
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
    if (this.isUp) this.client?.unsubscribe(channel).catch(() => undefined);
  }

  /** A connection whose other end vanished says nothing for ever: asked now and then, it is made anew. */
  async check(): Promise<void> {
    if (this.isUp) await this.client?.ping().catch(() => this.client?.disconnect(true));
  }

  stop(): void {
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
      this.client?.disconnect(true);
      return;
    }
    if (this.missed) this.returned();
    this.missed = false;
  }
}
