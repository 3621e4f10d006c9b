import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger, JobSender, type Config, type Id } from '@app/platform';
import {
  AuditRows,
  CountRows,
  Database,
  ErasureRows,
  OutboxRows,
  PhotoRows,
  PopularRows,
  PostRows,
  QuotaRows,
  SearchWords,
  UnitOfWork,
  UploadRows,
  type ObjectStore,
} from '@app/storage';
import { Photos } from '../../libs/domain/src/photos/photos.js';
import { Quota } from '../../libs/domain/src/photos/quota.js';
import { Uploads } from '../../libs/domain/src/photos/uploads.js';
import { Removal } from '../../libs/domain/src/posts/removal.js';
import { DiskStore } from '../../libs/storage/src/objects/disk-store.js';
import { freshDatabase, type TestDatabase } from './database.js';
import { openDatabase } from './open-database.js';
import { freshRedis } from './redis.js';

/** The first bytes of a JPEG, and as many others as asked for. */
export const jpeg = (bytes: number): Buffer =>
  Buffer.concat([Buffer.from('ffd8ffe000104a464946', 'hex'), Buffer.alloc(bytes - 10, 7)]);

/** One process's photos and uploads, wired by hand, on a disk store of their own. */
export class PhotoRoom {
  readonly work: UnitOfWork;
  readonly rows: PhotoRows;
  readonly uploadRows: UploadRows;
  readonly quota: Quota;
  readonly photos: Photos;
  readonly uploads: Uploads;
  private people = 0;

  private constructor(
    readonly database: TestDatabase,
    readonly store: ObjectStore,
    readonly queries: Database,
    jobs: JobSender,
    limits: Partial<Config>,
    readonly close: () => Promise<void>,
  ) {
    const counts = new CountRows(queries, new PopularRows(queries), new SearchWords());
    const listener = { committed: () => Promise.resolve(), tell: () => undefined };
    this.work = new UnitOfWork(queries, new OutboxRows(queries), counts, jobs, listener);
    const posts = new PostRows(queries);
    this.rows = new PhotoRows(queries);
    this.uploadRows = new UploadRows(queries);
    const config = { QUOTA_BYTES: 10_000_000, QUOTA_PHOTOS_PER_DAY: 1_000, ...limits } as Config;
    const quotaRows = new QuotaRows(queries);
    this.quota = new Quota(config, quotaRows, store);
    const removal = new Removal(this.rows, new ErasureRows(queries, quotaRows), new AuditRows(queries));
    this.photos = new Photos(this.rows, posts, this.quota, removal, this.work, store);
    this.uploads = new Uploads(this.uploadRows, this.rows, this.photos, this.quota, this.work, store);
  }

  static async open(limits: Partial<Config> = {}): Promise<PhotoRoom> {
    const folder = await mkdtemp(join(tmpdir(), 'narwhal-photo-room-'));
    const database = await freshDatabase();
    const source = await openDatabase(database.url, 8);
    const store = await DiskStore.open(folder);
    const jobs = new JobSender(await freshRedis(), createLogger('spec', 'silent'));
    return new PhotoRoom(database, store, new Database(source), jobs, limits, async () => {
      await Promise.all([jobs.close(), source.destroy(), store.close()]);
      await database.close();
      await rm(folder, { recursive: true });
    });
  }

  async person(): Promise<Id> {
    this.people += 1;
    const [row] = await this.database.query<{ id: Id }>(
      `INSERT INTO users (shard, id, username, email, password_hash)
       SELECT shard_of(id), id, $1, $1, '' FROM next_id($2) AS id RETURNING id`,
      [`person${this.people}`, this.people % 7],
    );
    return row?.id ?? '';
  }

  /** A resumable upload without any bytes yet. */
  begin(owner: Id, length: number) {
    return this.work.run((tx) =>
      this.uploads.begin(tx, owner, { length, altText: '', purpose: 'photo' }, () => Buffer.alloc(32)),
    );
  }

  /** The names of the objects in a folder. */
  async objects(folder: string): Promise<string[]> {
    const names: string[] = [];
    for await (const { key } of this.store.list(`${folder}/`)) names.push(key.slice(folder.length + 1));
    return names;
  }

  photosOf(owner: Id): Promise<{ id: Id; state: string; folder: string }[]> {
    return this.database.query('SELECT id, state, folder FROM photos WHERE owner_id = $1', [owner]);
  }
}
