import { Inject, Injectable } from '@nestjs/common';
import { limits, problem } from '@app/platform';
import { OBJECT_STORE, type ObjectStore } from '@app/storage';

/** How long a reading of the free space is believed, in milliseconds. */
const BELIEVED = 2_000;

/** Low disk refuses uploads first: everything else needs so little room that it goes on. */
@Injectable()
export class DiskRoom {
  private read = 0;
  private free: number | null = null;

  constructor(@Inject(OBJECT_STORE) private readonly objects: ObjectStore) {}

  /** @throws Problem 507 `disk_full` */
  async assertSome(): Promise<void> {
    if (Date.now() - this.read > BELIEVED) {
      this.free = (await this.objects.check()).freeBytes;
      this.read = Date.now();
    }
    if (this.free !== null && this.free < limits.photo.freeBytes) throw problem('disk_full');
  }
}
