import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, limits, LOGGER, Problem, type Config, type Id, type Logger } from '@app/platform';
import { SweepRows, UploadRows } from '@app/storage';
import { Photos, Uploads } from '@app/domain';

const BATCH = 200;

/** Ends uploads whose process died or whose client left. */
@Injectable()
export class AbandonedUploads {
  private readonly overdue: number;

  constructor(
    @Inject(CONFIG) config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly rows: SweepRows,
    private readonly photos: Photos,
    private readonly uploadRows: UploadRows,
    private readonly uploads: Uploads,
  ) {
    this.overdue = config.SWEEP_OVERDUE / 1000;
  }

  async sweep(): Promise<void> {
    const ids = await this.rows.abandonedUploads(limits.photo.uploadSeconds, this.overdue, BATCH);
    for (const id of ids) await this.photos.takeBack(id);
    if (ids.length > 0) counter('narwhal_swept_total').inc({ kind: 'abandoned_uploads' }, ids.length);
    await this.sweepResumable();
  }

  /** Resumable uploads that no client continues: whole ones become photos, expired ones are deleted. */
  private async sweepResumable(): Promise<void> {
    for (const id of await this.uploadRows.whole(this.overdue, BATCH)) await this.complete(id);
    const expired = await this.uploadRows.expired(this.overdue, BATCH);
    for (const { id } of expired) await this.uploads.discard(id);
    if (expired.length > 0) counter('narwhal_swept_total').inc({ kind: 'expired_uploads' }, expired.length);
  }

  /** An upload that cannot be completed waits for its expiry, without delaying others. */
  private async complete(id: Id): Promise<void> {
    try {
      const upload = await this.uploadRows.find(id);
      if (upload) await this.uploads.completeOf(upload);
    } catch (error) {
      if (!(error instanceof Problem))
        this.logger.error({ uploadId: id, error }, 'an upload could not be completed');
    }
  }
}
