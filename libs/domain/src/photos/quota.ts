import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, problem, type Config, type Id, type Problem } from '@app/platform';
import { type Queryable, QuotaRows, type Usage } from '@app/storage';

/** A person's limits of bytes and photos: checked before the first byte, decided when a photo is made. */
@Injectable()
export class Quota {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: QuotaRows,
  ) {}

  /** Refuses early what `take` would refuse. @throws Problem 422 `quota_exceeded` */
  async assertRoom(owner: Id, bytes: number): Promise<void> {
    const usage = await this.rows.read(owner);
    this.assert({
      bytes: usage.bytes + usage.arriving + bytes,
      photos: usage.photos + 1,
    });
  }

  /**
   * Like `assertRoom`, but one at a time per person, in the transaction that inserts the row that holds these bytes: for
   * uploads that nobody can stop once they are allowed.
   *
   * @throws Problem 422 `quota_exceeded`
   */
  async reserve(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    await this.rows.lock(tx, owner);
    const usage = await this.rows.read(owner, tx);
    this.assert({ bytes: usage.bytes + usage.arriving + bytes, photos: usage.photos + 1 });
  }

  /**
   * Takes a photo of `bytes` bytes from its owner's quota, in the transaction that makes the photo and before the photo
   * has its bytes: if no photo is made, nothing is taken.
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

/** `quota` is its name in `GET /v1/instance`; `actual` is the value that it would have reached. */
function exceeded(quota: 'bytes' | 'photosPerDay', limit: number, actual: number): Problem {
  return problem('quota_exceeded', { params: { quota, limit, actual } });
}
