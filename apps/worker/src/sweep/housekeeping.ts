import { Inject, Injectable } from '@nestjs/common';
import { counter, limits } from '@app/platform';
import { OBJECT_STORE, SweepRows, trashDay, TrashRows, UnitOfWork, type ObjectStore } from '@app/storage';
import { Removal } from '@app/domain';
import { AbandonedUploads } from './abandoned-uploads.js';

const BATCH = 200;
/** Replaced folders a sweep, whose jobs share a queue with what people wait for: a redevelopment of everything ends on one day. */
const REPLACED = 50;
const DAY = 24 * 60 * 60;

/** Removes everything that expires: abandoned uploads, unposted photos, old trash, expired rows. */
@Injectable()
export class Housekeeping {
  constructor(
    private readonly rows: SweepRows,
    private readonly uploads: AbandonedUploads,
    private readonly trash: TrashRows,
    private readonly removal: Removal,
    private readonly work: UnitOfWork,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /** Removes uploads whose process died, and photos that were never posted. */
  async sweepPhotos(): Promise<void> {
    await this.uploads.sweep();
    const unposted = await this.rows.unposted(limits.photo.unpostedFor, BATCH);
    for (const { id, owner_id } of unposted)
      await this.work.run((tx) => this.removal.discard(tx, owner_id, [id]));
    if (unposted.length > 0) counter('narwhal_swept_total').inc({ kind: 'unposted_photos' }, unposted.length);
    await this.endReplaced();
  }

  /** Removes everything past its retention. The trash outlives the backups' window. */
  async sweepExpired(): Promise<void> {
    await this.rows.forgetExpired({
      idempotency: limits.idempotency.keptFor,
      deletions: limits.trash.keptFor,
      sessions: limits.session.refreshToken + 7 * DAY,
    });
    const day = trashDay(new Date(Date.now() - limits.trash.keptFor * 1000));
    await this.objects.purgeTrash(day);
    await this.trash.forgetBefore(day);
    await this.objects.sweepUnfinished(new Date(Date.now() - limits.photo.uploadSeconds * 1000));
  }

  /** Moves replaced folders to the trash once none of their addresses is valid. */
  private async endReplaced(): Promise<void> {
    await this.work.run(async (tx) => tx.effect('photo.trash', ...(await this.trash.end(tx, REPLACED))));
  }
}
