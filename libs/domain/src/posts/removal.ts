import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { AuditRows, ErasureRows, PhotoRows, type Origin, type Tx } from '@app/storage';

/** Deletes photos: their rows now, their objects later, by outbox; and remembers who deleted what. */
@Injectable()
export class Removal {
  constructor(
    private readonly photos: PhotoRows,
    private readonly deletions: ErasureRows,
    private readonly audit: AuditRows,
  ) {}

  /** Removes photos that no post shows. */
  async discard(tx: Tx, owner: Id, photoIds: readonly Id[]): Promise<void> {
    if (photoIds.length === 0) return;
    const trashed = await this.photos.discard(tx, photoIds);
    await this.record(tx, owner, photoIds);
    await tx.effect('photo.trash', ...trashed);
  }

  /** `from` is null when a closed account's posts go: its closing is recorded. */
  async recordPost(tx: Tx, author: Id, postId: Id, from: Origin | null): Promise<void> {
    await this.record(tx, author, [postId]);
    if (from !== null) await this.audit.record(tx, 'post.deleted', author, from, { postId });
  }

  async record(tx: Tx, person: Id, ids: readonly Id[]): Promise<void> {
    await this.deletions.record(tx, person, ids);
  }

  /** Whether this person deleted that post, photo or comment: then deleting it again succeeds. */
  async wasBy(person: Id, id: Id): Promise<boolean> {
    return this.deletions.isBy(person, id);
  }
}
