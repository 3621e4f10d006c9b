import { Inject, Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { photoObjectNames } from '@app/platform/photos';
import { OBJECT_STORE, TrashRows, type ObjectStore } from '@app/storage';

/** Moves deleted photos' objects to the trash, which ends access to them at once. */
@Injectable()
export class TrashedPhotos {
  constructor(
    private readonly rows: TrashRows,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  async trash(id: Id): Promise<void> {
    const trashed = await this.rows.find(id);
    if (trashed) await this.objects.trash(trashed.folder, photoObjectNames, trashed.day);
  }
}
