import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { limits, Problem, type Id } from '@app/platform';
import { PhotoRows, UnitOfWork, type PhotoRow } from '@app/storage';
import { Photos, Quota } from '@app/domain';
import { NoRoom, Superseded } from '../transfers/endings.js';
import type { Archive } from './archive.js';
import type { Report } from './plan.js';

/** After how long it is looked whether photos are ready, in milliseconds: twice as long each time, since small ones take no time. */
const LOOK = { first: 10, longest: 200 };

const lacks: Record<string, 'quota' | 'disk'> = { quota_exceeded: 'quota', disk_full: 'disk' };

/** Photos of a zip, on the way that uploads go: the same quota, the same checks, the same children. */
@Injectable()
export class ImportedPhotos {
  constructor(
    private readonly rows: PhotoRows,
    private readonly photos: Photos,
    private readonly quota: Quota,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * Makes a photo of an entry. A repeat finds the one that was made of the same bytes. Null, and told in the report, for what is no
   * photo, or is posted already.
   *
   * @throws NoRoom; Superseded once the account is closed
   */
  async take(
    owner: Id,
    { archive, name, altText, report }: { archive: Archive; name: string; altText: string; report: Report },
    signal: AbortSignal,
  ): Promise<Id | null> {
    const read = await archive.examine(name);
    if ('fault' in read || (await this.rows.isPosted(owner, read.sha256))) {
      report.leave('fault' in read ? read.fault : 'double', name);
      return null;
    }
    try {
      await this.quota.assertDisk();
      return await this.make(owner, archive, name, altText, signal);
    } catch (error) {
      const code = error instanceof Problem ? error.code : '';
      const missing = lacks[code];
      if (missing) throw new NoRoom(missing);
      if (code !== 'unsupported_media_type') throw error;
      report.leave('not_a_photo', name);
      return null;
    }
  }

  private async make(
    owner: Id,
    archive: Archive,
    name: string,
    altText: string,
    signal: AbortSignal,
  ): Promise<Id> {
    if (!(await this.quota.hasRoomForImport(owner))) throw new NoRoom('quota');
    const original = await this.store(owner, archive, name, signal);
    const { photoId } = original;
    try {
      const made = await this.work.run((tx) =>
        this.photos.make(tx, owner, { photoId }, { ...original, altText }, photoId),
      );
      if (!made) throw new Superseded();
      if (made.existed) await this.photos.takeBack(photoId);
      return made.id;
    } catch (error) {
      await this.photos.takeBack(photoId);
      throw error;
    }
  }

  /** What is refused at its first bytes is not read further, and would stay open. */
  private async store(owner: Id, archive: Archive, name: string, signal: AbortSignal) {
    const stream = await archive.stream(name);
    try {
      const chunks = stream[Symbol.asyncIterator]() as AsyncIterator<Buffer>;
      return await this.photos.store(owner, archive.sizeOf(name) ?? 0, chunks, signal);
    } finally {
      stream.destroy();
    }
  }

  /** Waits until none is developed any more; without those that are gone. @throws the signal's reason; when it takes too long */
  async settled(ids: readonly Id[], signal: AbortSignal): Promise<PhotoRow[]> {
    const until = Date.now() + limits.photo.attemptSeconds * 1_000;
    for (let pause = LOOK.first; ; pause = Math.min(2 * pause, LOOK.longest)) {
      const found = await this.rows.findMany(ids);
      const rows = ids.flatMap((id) => found.get(id) ?? []);
      if (rows.every(({ state }) => state === 'ready' || state === 'rejected')) return rows;
      if (Date.now() > until) throw new Error(`photos ${ids.join(', ')} are not ready`);
      await sleep(pause, undefined, { signal });
    }
  }
}
