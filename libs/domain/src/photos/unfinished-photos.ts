import { Inject, Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { OBJECT_STORE, type ObjectStore, ArrivalRows } from '@app/storage';
import { photoObjectNames } from '@app/platform/photos';

/**
 * Takes uploads back of which no photo comes. The row says so first, on the condition that it is no photo yet: whoever
 * removed the bytes first would take them from under a photo whose commit succeeded and whose answer was lost. Killed
 * after that, the sweeper does the rest.
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
