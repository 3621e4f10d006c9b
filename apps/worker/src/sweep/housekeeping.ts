import { Inject, Injectable } from '@nestjs/common';
import { counter, limits } from '@app/platform';
import {
  NotificationRows,
  OBJECT_STORE,
  SweepRows,
  trashDay,
  TrashRows,
  UnitOfWork,
  type ObjectStore,
} from '@app/storage';
import { Removal } from '@app/domain';

const BATCH = 200;
/** People whose old notifications are deleted at once. */
const READERS = 1_000;
/** Replaced folders a sweep, whose jobs share a queue with what people wait for: a redevelopment of everything ends on one day. */
const REPLACED = 50;
const DAY = 24 * 60 * 60;

/** Removes everything that expires: unposted photos, replaced folders, old trash, old notifications, expired rows. */
@Injectable()
export class Housekeeping {
  constructor(
    private readonly rows: SweepRows,
    private readonly trash: TrashRows,
    private readonly notifications: NotificationRows,
    private readonly removal: Removal,
    private readonly work: UnitOfWork,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /** Removes photos that were never posted, and moves replaced folders to the trash once none of their addresses is valid. */
  async sweepPhotos(): Promise<void> {
    const unposted = await this.rows.unposted(limits.photo.unpostedFor, BATCH);
    for (const { id, owner_id } of unposted)
      await this.work.run((tx) => this.removal.discard(tx, owner_id, [id]));
    if (unposted.length > 0) counter('narwhal_swept_total').inc({ kind: 'unposted_photos' }, unposted.length);
    await this.work.run(async (tx) => tx.effect('photo.trash', ...(await this.trash.end(tx, REPLACED))));
  }

  /** Removes everything past its retention. The trash outlives the backups' window. */
  async sweepExpired(): Promise<void> {
    await this.rows.forgetExpired({
      idempotency: limits.idempotency.keptFor,
      deletions: limits.trash.keptFor,
      sessions: limits.session.refreshToken + 7 * DAY,
      audit: limits.audit.keptFor,
      usernames: limits.user.usernameKeptFor,
      mails: limits.mail.keptFor,
      invitations: limits.invitation.keptFor,
    });
    const day = trashDay(new Date(Date.now() - limits.trash.keptFor * 1000));
    await this.objects.purgeTrash(day);
    await this.trash.forgetBefore(day);
    await this.objects.sweepUnfinished(new Date(Date.now() - limits.photo.uploadSeconds * 1000));
  }

  /** Deletes notifications that have not grown within their retention, even unread ones. */
  async sweepNotifications(): Promise<void> {
    const { keptFor } = limits.notification;
    let forgotten = 0;
    for (;;) {
      const users = await this.notifications.expired(keptFor, READERS);
      for (const user of users) forgotten += await this.notifications.forgetExpired(user, keptFor);
      if (users.length === 0) break;
    }
    if (forgotten > 0) counter('narwhal_swept_total').inc({ kind: 'notifications' }, forgotten);
  }
}
