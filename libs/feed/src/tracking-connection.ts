import type { Redis } from 'ioredis';
import { openClient, RedisLink } from './redis-link.js';

/** The channel on which Redis reports changed keys: `CLIENT TRACKING ... REDIRECT` (redis.io, client-side caching). */
const CHANNEL = '__redis__:invalidate';

/** How long the two connections may be on different servers before the listening one looks for its server again, in milliseconds. */
const APART_FOR = 500;

/** Takes the keys that changed; null: drop everything. */
export type Forget = (keys: readonly Buffer[] | null) => void;

/**
 * The connection on which Redis reports changes of all keys that this process's other connection has read. Its messages are in
 * order, so the answer to a PING comes after each change that Redis made before it: a fence.
 *
 * On a cluster, where each node would need such a connection, and on a server that refuses tracking, nothing is cached.
 */
export class TrackingConnection {
  private ears: Redis | undefined;
  private forget: Forget = () => undefined;
  private tracks = false;
  /** Counts losses, so that a fence begun before a loss does not succeed after it. */
  private losses = 0;
  private retry: NodeJS.Timeout | undefined;
  private isOver = false;

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
    ears.on('end', () => this.openAgain(ears));
    this.link.on('up', () => void this.join());
    this.link.on('down', () => this.again());
    // Each failed attempt is an `error` above, and the client retries it.
    ears.connect().catch(() => undefined);
  }

  stop(): void {
    this.isOver = true;
    clearTimeout(this.retry);
    this.ears?.disconnect();
  }

  /** ioredis ends a client whose attempt was broken off while it asked a sentinel. */
  private openAgain(ears: Redis): void {
    const open = () => {
      // Each failed attempt is an `error`.
      if (!this.isOver && ears.status === 'end') ears.connect().catch(() => undefined);
    };
    setTimeout(open, APART_FOR).unref();
  }

  /** Resolves when every change that Redis made before the call has arrived. */
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

  /** Requires both connections to be up and on the same server: another server's client ids would mean nothing. */
  private async join(): Promise<void> {
    const { ears, losses } = this;
    if (!ears || ears.status !== 'ready' || !this.link.isUp || this.tracks) return;
    try {
      const [id, here, there] = await Promise.all([
        ears.client('ID'),
        this.link.fingerprint([ears]),
        this.link.fingerprint(),
      ]);
      if (losses !== this.losses) return;
      if (here !== there) return this.againSoon();
      await ears.subscribe(CHANNEL);
      await this.link.track(id);
      this.tracks = losses === this.losses && this.link.isUp;
    } catch (error) {
      // An old server, or a connection about to be lost: nothing is cached until the next connection. A server that was only
      // late, as after a failover, is asked again.
      if (error instanceof Error && error.message === 'Command timed out') this.againSoon();
    }
  }

  /** One of the two connections reached the new primary first, or that one is late. */
  private againSoon(): void {
    this.retry ??= setTimeout(() => {
      this.retry = undefined;
      if (!this.tracks) this.again();
    }, APART_FOR).unref();
  }

  private again(): void {
    this.lost();
    // One that is not connected is on its way to the new server already.
    if (this.ears?.status === 'ready' || this.ears?.status === 'connect') this.ears.disconnect(true);
  }

  private lost(): void {
    this.tracks = false;
    this.losses += 1;
    this.forget(null);
  }
}
