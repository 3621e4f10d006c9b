import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, limits, type Config } from '@app/platform';
import { SweepRows } from '@app/storage';
import { UnfinishedPhotos } from '@app/domain';
import { UploadSweep } from './upload-sweep.js';

const BATCH = 200;

/** Ends uploads whose process died or whose client left. */
@Injectable()
export class AbandonedUploads {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: SweepRows,
    private readonly unfinished: UnfinishedPhotos,
    private readonly resumable: UploadSweep,
  ) {}

  async sweep(): Promise<void> {
    const { SWEEP_OVERDUE } = this.config;
    const ids = await this.rows.abandonedUploads(limits.photo.uploadSeconds, SWEEP_OVERDUE / 1000, BATCH);
    for (const id of ids) await this.unfinished.takeBack(id);
    if (ids.length > 0) counter('narwhal_swept_total').inc({ kind: 'abandoned_uploads' }, ids.length);
    await this.resumable.run();
  }
}
