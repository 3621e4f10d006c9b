import { Injectable, type OnApplicationShutdown } from '@nestjs/common';
import type { Id } from '@app/platform';
import { AttemptRows } from '@app/storage';

/** A third of the shortest time after which an attempt is taken for dead; in milliseconds. */
const HEARTBEAT = 1_000;

/** The photos that this worker develops now: their rows are touched, so that no other takes them while we live. */
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

  /** A beat that PostgreSQL does not take only makes the photo be developed twice. */
  private beat(): void {
    // The next beat says it again; without any, the photo is developed twice.
    void this.rows.touch([...this.photos]).catch(() => undefined);
  }
}
