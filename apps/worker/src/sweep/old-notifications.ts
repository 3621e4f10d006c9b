import { Injectable } from '@nestjs/common';
import { counter, limits } from '@app/platform';
import { NotificationRows } from '@app/storage';

const BATCH = 1_000;

/** Deletes notifications that have not grown within their retention, even unread ones. */
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
