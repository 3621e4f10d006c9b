import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, problem, type Config, type Id } from '@app/platform';
import { OBJECT_STORE, QuotaRows, type ObjectStore, type Queryable, type Usage } from '@app/storage';

/** How long a reading of the free space is trusted, in milliseconds. */
const BELIEVED = 2_000;

/** Room for an upload: on the disk, and in its owner's quota of bytes and photos a day. */
@Injectable()
export class Quota {
  private read = 0;
  private free: number | null = null;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: QuotaRows,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /**
   * A low disk refuses uploads first: everything else needs so little space that it continues.
   *
   * @throws Problem 507 `disk_full`; 503 `unavailable` when the store cannot be written
   */
  async assertDisk(): Promise<void> {
    if (Date.now() - this.read > BELIEVED) {
      const health = await this.objects.check().catch((cause: unknown) => {
        throw problem('unavailable', { cause, headers: { 'retry-after': '2' } });
      });
      this.free = health.freeBytes;
      this.read = Date.now();
    }
    if (this.free !== null && this.free < limits.photo.freeBytes) throw problem('disk_full');
  }

  /** Refuses before the first byte what `take` would refuse. @throws Problem 422 `quota_exceeded`; 507, 503 as above */
  async assertRoom(owner: Id, bytes: number): Promise<void> {
    await this.assertDisk();
    this.assertFits(await this.rows.read(owner), bytes);
  }

  /**
   * Like `assertRoom` without the disk, but one at a time per person, in the transaction that inserts the row that holds
   * these bytes: for uploads that nobody can stop once they are allowed.
   *
   * @throws Problem 422 `quota_exceeded`
   */
  async reserve(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    await this.rows.lock(tx, owner);
    this.assertFits(await this.rows.read(owner, tx), bytes);
  }

  /**
   * Takes a photo of `bytes` bytes from its owner's quota, in the transaction that makes the photo and before the photo
   * has its bytes: if no photo is made, nothing is taken.
   *
   * @throws Problem 422 `quota_exceeded`
   */
  async take(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    const usage = await this.rows.takePhoto(tx, owner);
    this.assertFits({ ...usage, photos: usage.photos - 1 }, bytes);
  }

  /** One more photo. `quota` is its name in `GET /v1/instance`; `actual` is the value that it would have reached. */
  private assertFits(usage: Usage, more: number): void {
    const bytes = usage.bytes + usage.arriving + more;
    const photos = usage.photos + 1;
    const { QUOTA_BYTES, QUOTA_PHOTOS_PER_DAY } = this.config;
    if (bytes > QUOTA_BYTES)
      throw problem('quota_exceeded', { params: { quota: 'bytes', limit: QUOTA_BYTES, actual: bytes } });
    if (photos > QUOTA_PHOTOS_PER_DAY)
      throw problem('quota_exceeded', {
        params: { quota: 'photosPerDay', limit: QUOTA_PHOTOS_PER_DAY, actual: photos },
      });
  }
}
