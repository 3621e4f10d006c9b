import type { Redis } from 'ioredis';
import { openClient, RedisLink } from './redis-link.js';

/** Where Redis says what has changed of what was read: `CLIENT TRACKING ... REDIRECT` (redis.io, client-side caching). */
const CHANNEL = '__redis__:invalidate';

/** Takes the keys that changed; null: forget everything. */
export type Forget = (keys: readonly Buffer[] | null) => void;

/**
 * The connection on which Redis tells this process what has changed of all that its other connection has read. Everything
 * on it comes in order, so the answer to a PING comes after each change that Redis made before it: a fence.
 *
 * Not on a cluster, where each node would need one, nor where a server refuses it: then nothing is kept near.
 */
export class TrackingConnection {
  private ears: Redis | undefined;
  private forget: Forget = () => undefined;
  private tracks = false;
  /** Counts losses, so that what was begun before one does not end after it. */
  private losses = 0;

  constructor(
    private readonly link: RedisLink,
    private readonly url: string,
    private readonly budget: number,
  ) {}

  get isUp(): boolean {
    return this.tracks;
  }

  start(forget: Forget): void {
    if (this.link.isCluster) return;
    this.forget = forget;
    const ears = openClient(this.url, this.budget, { autoResubscribe: false }) as Redis;
    this.ears = ears;
    ears.on('messageBuffer', (_channel: unknown, keys: unknown) => forget(keys as Buffer[] | null));
    ears.on('ready', () => void this.join());
    ears.on('close', () => this.lost());
    ears.on('error', () => undefined);
    this.link.on('up', () => void this.join());
    this.link.on('down', () => this.again());
    // Each failed attempt is an `error` above, and is repeated by the client.
    ears.connect().catch(() => undefined);
  }

  stop(): void {
    this.ears?.disconnect();
  }

  /** Resolves when every change that Redis made before it was asked has been heard of. */
  async fence(): Promise<void> {
    const { losses } = this;
    try {
      await this.ears?.ping();
    } catch (error) {
      this.again();
      throw error;
    }
    if (losses !== this.losses || !this.tracks) throw new Error('the connection was lost');
  }

  /** Both connections are there: they have to be of one server, or its numbers of clients would mean nothing. */
  private async join(): Promise<void> {
    const { ears, losses } = this;
    if (!ears || ears.status !== 'ready' || !this.link.isUp || this.tracks) return;
    try {
      const [id, here, there] = await Promise.all([
        ears.client('ID'),
        this.link.fingerprint([ears]),
        this.link.fingerprint(),
      ]);
      if (here !== there || losses !== this.losses) return;
      await ears.subscribe(CHANNEL);
      await this.link.track(id);
      this.tracks = losses === this.losses && this.link.isUp;
    } catch {
      // An old server, or one that is about to be lost: nothing is kept until the next connection.
    }
  }

  private again(): void {
    this.lost();
    this.ears?.disconnect(true);
  }

  private lost(): void {
    this.tracks = false;
    this.losses += 1;
    this.forget(null);
  }
}
