import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, LOGGER, Problem, type Config, type Id, type Logger } from '@app/platform';
import { UploadCompletion } from '@app/domain';
import { UploadRows } from '@app/storage';

const BATCH = 200;

/** Handles resumable uploads that no client continues: whole ones become photos, expired ones are deleted. */
@Injectable()
export class UploadSweep {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly rows: UploadRows,
    private readonly completion: UploadCompletion,
  ) {}

  async run(): Promise<void> {
    const seconds = this.config.SWEEP_OVERDUE / 1000;
    for (const id of await this.rows.whole(seconds, BATCH)) await this.complete(id);
    const expired = await this.rows.expired(seconds, BATCH);
    for (const { id } of expired) await this.completion.discard(id);
    if (expired.length > 0) counter('narwhal_swept_total').inc({ kind: 'expired_uploads' }, expired.length);
  }

  /** An upload that cannot be completed waits for its expiry, without delaying others. */
  private async complete(id: Id): Promise<void> {
    try {
      await this.completion.complete(id);
    } catch (error) {
      if (!(error instanceof Problem))
        this.logger.error({ uploadId: id, error }, 'an upload is not completed');
    }
  }
}
