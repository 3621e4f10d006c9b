import { Inject, Injectable } from '@nestjs/common';
import { counter, limits } from '@app/platform';
import { OBJECT_STORE, photoObjectNames, PhotoRows, SweepRows, type ObjectStore } from '@app/storage';
import { UploadSweep } from './upload-sweep.js';

const BATCH = 200;

/** Uploads whose process died or whose client went away. */
@Injectable()
export class AbandonedUploads {
  constructor(
    private readonly rows: SweepRows,
    private readonly photos: PhotoRows,
    private readonly resumable: UploadSweep,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  async sweep(): Promise<void> {
    const abandoned = await this.rows.abandonedUploads(limits.photo.uploadSeconds, BATCH);
    for (const { id, folder } of abandoned) {
      await this.objects.remove(folder, photoObjectNames);
      await this.photos.abandon(id);
    }
    if (abandoned.length > 0)
      counter('narwhal_swept_total').inc({ kind: 'abandoned_uploads' }, abandoned.length);
    await this.resumable.run();
  }
}
