import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, problem, type Config, type Id, type Problem } from '@app/platform';
import { type Queryable, QuotaRows, type Usage } from '@app/storage';

/** How much one person may keep and make: asked before the first byte, decided when a photo is made. */
@Injectable()
export class Quota {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: QuotaRows,
  ) {}

  /** Refuses what would be refused in the end. @throws Problem 422 `quota_exceeded` */
  async assertRoom(owner: Id, bytes: number): Promise<void> {
    const usage = await this.rows.read(owner);
    this.assert({
      bytes: usage.bytes + usage.arriving + bytes,
      photos: usage.photos + 1,
    });
  }

  /**
   * As `assertRoom`, one after the other for one person, in the transaction that makes the row that holds these bytes: for
   * uploads whose bytes nobody can stop once they were allowed.
   *
   * @throws Problem 422 `quota_exceeded`
   */
  async reserve(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    await this.rows.lock(tx, owner);
    const usage = await this.rows.read(owner, tx);
    this.assert({ bytes: usage.bytes + usage.arriving + bytes, photos: usage.photos + 1 });
  }

  /**
   * Takes a photo of so many bytes from its owner's quota, in the transaction that makes the photo and before it has its
   * bytes: without the photo nothing is taken.
   *
   * @throws Problem 422 `quota_exceeded`
   */
  async take(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    const usage = await this.rows.takePhoto(tx, owner);
    this.assert({ bytes: usage.bytes + bytes, photos: usage.photos });
  }

  private assert({ bytes, photos }: Pick<Usage, 'bytes' | 'photos'>): void {
    const { QUOTA_BYTES, QUOTA_PHOTOS_PER_DAY } = this.config;
    if (bytes > QUOTA_BYTES) throw exceeded('bytes', QUOTA_BYTES, bytes);
    if (photos > QUOTA_PHOTOS_PER_DAY) throw exceeded('photosPerDay', QUOTA_PHOTOS_PER_DAY, photos);
  }
}

/** `quota` is the name that `GET /v1/instance` gives it; `actual` is what it would have become. */
function exceeded(quota: 'bytes' | 'photosPerDay', limit: number, actual: number): Problem {
  return problem('quota_exceeded', { params: { quota, limit, actual } });
}
