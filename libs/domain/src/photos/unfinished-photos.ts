import { Inject, Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { OBJECT_STORE, type ObjectStore, ArrivalRows } from '@app/storage';
import { photoObjectNames } from '@app/platform/photos';

/**
 * Removes uploads that never become a photo. The row is marked first, if it is not a photo yet: removing the bytes first
 * could take them from a photo whose commit succeeded but whose answer was lost. If the process is killed after that, the
 * sweeper does the rest.
 */
@Injectable()
export class UnfinishedPhotos {
  constructor(
    private readonly arrivals: ArrivalRows,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  async takeBack(id: Id): Promise<void> {
    const folder = await this.arrivals.giveUp(id);
    if (folder === null) return;
    await this.objects.remove(folder, photoObjectNames);
    await this.arrivals.forget(id);
  }
}
