import { Injectable } from '@nestjs/common';
import { counter, histogram, traced } from '@app/platform';
import {
  AttemptRows,
  PostRows,
  UnitOfWork,
  type DevelopedFacts,
  type PhotoRow,
  type Settled,
  type Tx,
} from '@app/storage';
import { Posts } from '@app/domain';
import { Exchanging } from './exchanging.js';

/** Ends an attempt: updates the photo's row, and the post that waits for it, in one transaction. */
@Injectable()
export class Settling {
  constructor(
    private readonly attempts: AttemptRows,
    private readonly posts: PostRows,
    private readonly publishing: Posts,
    private readonly exchanging: Exchanging,
    private readonly work: UnitOfWork,
  ) {}

  async ready(photo: PhotoRow, facts: DevelopedFacts): Promise<void> {
    const { id, attempt } = photo;
    if (photo.next_folder !== null) return this.exchange(photo, 'remade', facts);
    const settled = await this.settle(photo, 'ready', (tx) => this.attempts.ready(tx, id, attempt, facts));
    if (!settled) return;
    counter('narwhal_photos_developed_total').inc({ outcome: 'ready' });
    histogram('narwhal_photo_ready_seconds').observe((Date.now() - settled.created_at.getTime()) / 1000);
  }

  /** A photo that was ready before stays unchanged. */
  async reject(photo: PhotoRow, code: string): Promise<void> {
    const { id, attempt } = photo;
    if (photo.next_folder !== null) return this.exchange(photo, 'kept', null);
    const settled = await this.settle(photo, 'rejected', (tx) => this.attempts.reject(tx, id, attempt, code));
    if (settled) counter('narwhal_photos_developed_total').inc({ outcome: code });
  }

  private async exchange(photo: PhotoRow, outcome: string, facts: DevelopedFacts | null): Promise<void> {
    const settled = await this.settle(photo, 'ready', (tx) => this.exchanging.end(tx, photo, facts));
    if (settled) counter('narwhal_photos_developed_total').inc({ outcome });
  }

  /** Every transaction locks the post before the photo, which prevents deadlocks. */
  private async settle(
    { id }: PhotoRow,
    state: string,
    update: (tx: Tx) => Promise<Settled | null>,
  ): Promise<Settled | null> {
    const settle = async (tx: Tx) => {
      const waiting = await this.attempts.postOf(tx, id);
      if (waiting !== null) await this.posts.lock(tx, waiting);
      const settled = await update(tx);
      if (settled) tx.tell({ kind: 'photo', to: settled.owner_id, id, state });
      if (settled?.post_id) await this.publishing.settle(tx, settled.post_id);
      return settled;
    };
    return traced('work', 'develop.settle', () => this.work.run(settle));
  }
}
