import { Inject, Injectable } from '@nestjs/common';
import { limits, problem } from '@app/platform';
import { OBJECT_STORE, type ObjectStore, type StoreHealth } from '@app/storage';

/** How long a reading of the free space is trusted, in milliseconds. */
const BELIEVED = 2_000;

/** A low disk refuses uploads first: everything else needs so little space that it continues. */
@Injectable()
export class DiskRoom {
  private read = 0;
  private free: number | null = null;

  constructor(@Inject(OBJECT_STORE) private readonly objects: ObjectStore) {}

  /** @throws Problem 507 `disk_full`; 503 `unavailable` when the store cannot be written */
  async assertSome(): Promise<void> {
    if (Date.now() - this.read > BELIEVED) {
      this.free = (await this.check()).freeBytes;
      this.read = Date.now();
    }
    if (this.free !== null && this.free < limits.photo.freeBytes) throw problem('disk_full');
  }

  private async check(): Promise<StoreHealth> {
    return this.objects.check().catch((cause: unknown) => {
      throw problem('unavailable', { cause, headers: { 'retry-after': '2' } });
    });
  }
}
