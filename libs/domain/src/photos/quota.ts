import { Inject, Injectable } from '@nestjs/common';
import { bytesPerDay, CONFIG, limits, problem, type Config, type Id } from '@app/platform';
import { OBJECT_STORE, QuotaRows, type ObjectStore, type Queryable, type Usage } from '@app/storage';

/** How long a reading of the free space is trusted, in milliseconds. */
const BELIEVED = 2_000;
/** In seconds. */
const DAY = 86_400;

/**
 * Room for an upload, whichever way its bytes come: on the disk, and in its owner's quota of bytes, and of bytes and photos a
 * day. The row of an upload reserves the declared bytes from the start, so that concurrent uploads cannot exceed the quota together.
 */
@Injectable()
export class Quota {
  private read = 0;
  private free: number | null = null;
  /** Ends with the last turn that a person has asked for in this process. */
  private readonly turns = new Map<Id, Promise<unknown>>();

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

  /** Refuses before the first byte what `reserve` would refuse. @throws Problem 422 `quota_exceeded`; 507, 503 as above */
  async assertRoom(owner: Id, bytes: number): Promise<void> {
    await this.assertDisk();
    this.assertFits(await this.rows.read(owner), bytes);
  }

  /**
   * Runs transactions that reserve for one person one after the other: fifty forms at once would otherwise hold every connection
   * of this process while they wait for each other's lock.
   */
  async inTurn<Result>(owner: Id, work: () => Promise<Result>): Promise<Result> {
    const before = this.turns.get(owner) ?? Promise.resolve();
    const own = before.then(work, work);
    this.turns.set(owner, own);
    try {
      return await own;
    } finally {
      if (this.turns.get(owner) === own) this.turns.delete(owner);
    }
  }

  /**
   * Like `assertRoom` without the disk, but one at a time per person, in the transaction that inserts the row that holds
   * these bytes.
   *
   * @throws Problem 422 `quota_exceeded`
   */
  async reserve(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    await this.usage(tx, owner, bytes);
  }

  /** The same for an upload of several requests, which stays open without a connection. @throws Problem 422 `quota_exceeded` */
  async reserveOpen(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    const { open } = await this.usage(tx, owner, bytes);
    assertAtMost('openUploads', limits.upload.open, open + 1);
  }

  /** For a zip to import, which counts to no quota of photos. @throws Problem 422 `quota_exceeded`; 507 `disk_full` */
  async reserveImport(tx: Queryable, owner: Id, bytes: number): Promise<void> {
    assertAtMost('importBytes', bytesPerDay(this.config.QUOTA_BYTES), bytes);
    if (this.free !== null && this.free < limits.photo.freeBytes + bytes) throw problem('disk_full');
    await this.rows.lock(tx, owner);
    const { open, lately } = await this.rows.imports(tx, owner, DAY);
    assertAtMost('openImports', 1, open + 1);
    assertAtMost('importsPerDay', limits.import.perDay, lately + 1);
  }

  /** Whether an import may go on: it leaves a fifth of a day's quota to what its owner uploads meanwhile. */
  async hasRoomForImport(owner: Id): Promise<boolean> {
    const { QUOTA_BYTES, QUOTA_PHOTOS_PER_DAY } = this.config;
    const { photos, bytesToday } = await this.rows.read(owner);
    return photos < 0.8 * QUOTA_PHOTOS_PER_DAY && bytesToday < 0.8 * bytesPerDay(QUOTA_BYTES);
  }

  private async usage(tx: Queryable, owner: Id, bytes: number): Promise<Usage> {
    await this.rows.lock(tx, owner);
    const usage = await this.rows.read(owner, tx);
    this.assertFits(usage, bytes);
    return usage;
  }

  /**
   * Takes a photo of `bytes` bytes from its owner's quota, in the transaction that makes the photo: if no photo is made,
   * nothing is taken. `holder`: the photo or the upload that held them so far.
   *
   * @throws Problem 422 `quota_exceeded`
   */
  async take(tx: Queryable, owner: Id, bytes: number, holder: Id): Promise<void> {
    await this.rows.lock(tx, owner);
    this.assertFits(await this.rows.read(owner, tx, holder), bytes);
    await this.rows.countPhoto(tx, owner, bytes);
  }

  private assertFits({ bytes, reserved, photos, bytesToday }: Usage, more: number): void {
    const { QUOTA_BYTES, QUOTA_PHOTOS_PER_DAY } = this.config;
    assertAtMost('bytes', QUOTA_BYTES, bytes + reserved + more);
    assertAtMost('bytesPerDay', bytesPerDay(QUOTA_BYTES), bytesToday + reserved + more);
    assertAtMost('photosPerDay', QUOTA_PHOTOS_PER_DAY, photos + 1);
  }
}

/** `quota` is its name in `GET /v1/instance`; `actual` is the value that it would have reached. */
function assertAtMost(quota: string, limit: number, actual: number): void {
  if (actual > limit) throw problem('quota_exceeded', { params: { quota, limit, actual } });
}
