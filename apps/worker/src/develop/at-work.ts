import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Id } from '@app/platform';
import { AttemptRows } from '@app/storage';

/** A third of the shortest time after which an attempt is considered dead; in milliseconds. */
const HEARTBEAT = 1_000;

/** The photos that this worker is developing. It touches their rows, so that no other worker takes them while it lives. */
@Injectable()
export class AtWork implements OnApplicationShutdown {
  private readonly photos = new Set<Id>();
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly rows: AttemptRows) {}

  async during<Result>(photo: Id, work: () => Promise<Result>): Promise<Result> {
    this.photos.add(photo);
    this.timer ??= setInterval(() => this.beat(), HEARTBEAT);
    try {
      return await work();
    } finally {
      this.photos.delete(photo);
      if (this.photos.size === 0) this.onApplicationShutdown();
    }
  }

  onApplicationShutdown(): void {
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Marks the photos as still in progress. If PostgreSQL misses this, a photo is only developed twice. */
  private beat(): void {
    // The next beat retries; if all fail, the photo is developed twice.
    void this.rows.touch([...this.photos]).catch(() => undefined);
  }
}
