import { Inject, Injectable } from '@nestjs/common';
import { limits } from '@app/platform';
import {
  OBJECT_STORE,
  TransferRows,
  UnitOfWork,
  UploadRows,
  type ObjectStore,
  type TransferRow,
} from '@app/storage';
import { CannotImport, Superseded } from '../transfers/endings.js';
import { Archive } from './archive.js';
import { ImportedPosts } from './imported-posts.js';
import { instagramPlan, isInstagrams } from './instagram.js';
import { MARK, narwhalPlan } from './narwhal.js';
import { Report, type Plan } from './plan.js';

/** Imports a zip, post by post: the row says how many are done, and goes on with the next in the transaction that makes one. */
@Injectable()
export class Importing {
  constructor(
    private readonly rows: TransferRows,
    private readonly uploads: UploadRows,
    private readonly posts: ImportedPosts,
    private readonly work: UnitOfWork,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /** @throws CannotImport; NoRoom; Superseded; the signal's reason */
  async carryOut(transfer: TransferRow, signal: AbortSignal, tell: (percent: number) => void): Promise<void> {
    const { upload_id: uploadId, done } = transfer;
    const upload = uploadId === null ? null : await this.uploads.find(uploadId);
    if (upload?.state !== 'completed') throw new CannotImport('zip_missing');
    const archive = await Archive.open(this.objects, upload);
    const plan = await planOf(archive);
    const report = done === 0 ? plan.report : Report.of(transfer.report);
    for (let nth = done; nth < plan.posts.length; nth += 1) {
      signal.throwIfAborted();
      const progress = Math.floor((100 * (nth + 1)) / (plan.posts.length + 1));
      await this.posts.take({ transfer, archive, nth, plan, report, progress, signal });
      tell(progress);
    }
    await this.work.run(async (tx) => {
      const end = { done: plan.posts.length, progress: 100, report: report.json };
      if (!(await this.rows.advance(tx, transfer, end))) throw new Superseded();
      await this.rows.ready(tx, transfer, null, limits.import.keptFor);
    });
    await this.uploads.end(upload.id);
  }
}

/** What a zip holds, whoever made it. @throws CannotImport */
export async function planOf(archive: Archive): Promise<Plan> {
  const names = [...archive.names];
  if (names.includes(MARK)) return narwhalPlan(archive, Report.empty());
  if (names.some(isInstagrams)) return instagramPlan(archive, Report.empty());
  throw new CannotImport('format_unknown');
}
