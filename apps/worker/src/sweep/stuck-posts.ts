import { Injectable } from '@nestjs/common';
import { Publishing } from '@app/domain';
import { SweepRows, UnitOfWork } from '@app/storage';

/** Publishes posts that wait although their photos are settled: the process that settled the last one died before its transaction ended. */
@Injectable()
export class StuckPosts {
  constructor(
    private readonly rows: SweepRows,
    private readonly publishing: Publishing,
    private readonly work: UnitOfWork,
  ) {}

  async settle(seconds: number, limit: number): Promise<number> {
    const ids = await this.rows.unpublished(seconds, limit);
    for (const id of ids) await this.work.run((tx) => this.publishing.settle(tx, id));
    return ids.length;
  }
}
