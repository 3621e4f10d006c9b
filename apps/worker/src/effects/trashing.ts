import { Inject, Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { OBJECT_STORE, TrashRows, type ObjectStore } from '@app/storage';
import { photoObjectNames } from '@app/platform/photos';

/** Moves a deleted photo's objects to the trash, which ends access to them at once. */
@Injectable()
export class Trashing {
  constructor(
    private readonly rows: TrashRows,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  async photo(photoId: Id): Promise<void> {
    const trashed = await this.rows.find(photoId);
    if (trashed) await this.objects.trash(trashed.folder, photoObjectNames, trashed.day);
  }
}
