import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { TransferRows, UnitOfWork, type PhotoRow, type TransferRow } from '@app/storage';
import { Posts, Removal } from '@app/domain';
import { Superseded } from '../transfers/endings.js';
import type { Archive } from './archive.js';
import { ImportedPhotos } from './imported-photos.js';
import type { Plan, PlannedPost, Report } from './plan.js';

/** The next post of an import. */
export interface Next {
  transfer: TransferRow;
  archive: Archive;
  plan: Plan;
  nth: number;
  report: Report;
  /** Per cent, once it is done. */
  progress: number;
  signal: AbortSignal;
}

/** Makes the posts of a zip: of the photos that turn out well, and none where there is none. */
@Injectable()
export class ImportedPosts {
  constructor(
    private readonly rows: TransferRows,
    private readonly photos: ImportedPhotos,
    private readonly posts: Posts,
    private readonly removal: Removal,
    private readonly work: UnitOfWork,
  ) {}

  async take({ transfer, archive, plan, nth, report, progress, signal }: Next): Promise<void> {
    const owner = transfer.user_id;
    const post = plan.posts[nth] as PlannedPost;
    const made = new Map<Id, string>();
    for (const { name, altText } of post.photos) {
      const id = await this.photos.take(owner, { archive, name, altText, report }, signal);
      if (id !== null && made.has(id)) report.leave('double', name);
      else if (id !== null) made.set(id, name);
    }
    const [ready, rejected] = byState(await this.photos.settled([...made.keys()], signal));
    for (const { id, rejection } of rejected) report.leave(rejection ?? 'photo_damaged', made.get(id) ?? '');
    if (ready.length > 0) report.made(ready.length);
    const takenAt = post.takenAt ?? transfer.created_at;
    const { caption, place, sensitive, contentWarning, commentsClosed, archived } = post;
    const content = { caption, place, sensitive, contentWarning, commentsClosed };
    const fields = await this.posts.importedFieldsOf(owner, content, takenAt, nth);
    await this.work.run(async (tx) => {
      const step = { done: nth + 1, progress, report: report.json };
      if (!(await this.rows.advance(tx, transfer, step))) throw new Superseded();
      await this.removal.discard(
        tx,
        owner,
        rejected.map(({ id }) => id),
      );
      if (ready.length === 0) return;
      const ids = ready.map(({ id }) => id);
      await this.posts.create(tx, owner, ids, { ...fields, archived });
    });
  }
}

const byState = (rows: readonly PhotoRow[]): [ready: PhotoRow[], rejected: PhotoRow[]] => [
  rows.filter(({ state }) => state === 'ready'),
  rows.filter(({ state }) => state === 'rejected'),
];
