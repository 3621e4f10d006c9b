import { Injectable } from '@nestjs/common';
import { counter, histogram, traced, type Id } from '@app/platform';
import {
  PhotoRows,
  PostRows,
  Publishing,
  UnitOfWork,
  type DevelopedFacts,
  type Settled,
  type Tx,
} from '@app/storage';

/** The end of an attempt: the photo's row, and the post that waits for it, in one transaction. */
@Injectable()
export class Settling {
  constructor(
    private readonly photos: PhotoRows,
    private readonly posts: PostRows,
    private readonly publishing: Publishing,
    private readonly work: UnitOfWork,
  ) {}

  async ready(photo: Id, attempt: number, facts: DevelopedFacts): Promise<void> {
    const settled = await this.settle(photo, 'ready', (tx) => this.photos.ready(tx, photo, attempt, facts));
    if (!settled) return;
    counter('narwhal_photos_developed_total').inc({ outcome: 'ready' });
    histogram('narwhal_photo_ready_seconds').observe((Date.now() - settled.created_at.getTime()) / 1000);
  }

  async reject(photo: Id, attempt: number, code: string): Promise<void> {
    const settled = await this.settle(photo, 'rejected', (tx) =>
      this.photos.reject(tx, photo, attempt, code),
    );
    if (settled) counter('narwhal_photos_developed_total').inc({ outcome: code });
  }

  /** The post is locked before the photo, by everybody: so nobody waits in a circle. */
  private async settle(
    photo: Id,
    state: string,
    update: (tx: Tx) => Promise<Settled | null>,
  ): Promise<Settled | null> {
    const settle = async (tx: Tx) => {
      const waiting = await this.photos.postOf(tx, photo);
      if (waiting !== null) await this.posts.lock(tx, waiting);
      const settled = await update(tx);
      if (settled) tx.tell({ kind: 'photo', to: settled.owner_id, id: photo, state });
      if (settled?.post_id) await this.publishing.settle(tx, settled.post_id);
      return settled;
    };
    return traced('work', 'develop.settle', () => this.work.run(settle));
  }
}
