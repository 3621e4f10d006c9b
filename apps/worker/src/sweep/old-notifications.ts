import { Injectable } from '@nestjs/common';
import { counter, limits } from '@app/platform';
import { NotificationRows } from '@app/storage';

const BATCH = 1_000;

/** Notifications are kept for a time; what has not grown since is forgotten, also by those who never read it. */
@Injectable()
export class OldNotifications {
  constructor(private readonly rows: NotificationRows) {}

  async sweep(): Promise<void> {
    const { keptFor } = limits.notification;
    let forgotten = 0;
    for (;;) {
      const users = await this.rows.expired(keptFor, BATCH);
      for (const user of users) forgotten += await this.rows.forgetExpired(user, keptFor);
      if (users.length === 0) break;
    }
    if (forgotten > 0) counter('narwhal_swept_total').inc({ kind: 'notifications' }, forgotten);
  }
}
