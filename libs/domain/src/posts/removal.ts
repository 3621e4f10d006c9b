import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { AuditRows, ErasureRows, PhotoRows, type CommentRow, type Origin, type Tx } from '@app/storage';

/** Deletes photos: their rows now, their objects later, by outbox; and remembers who deleted what. */
@Injectable()
export class Removal {
  constructor(
    private readonly photos: PhotoRows,
    private readonly deletions: ErasureRows,
    private readonly audit: AuditRows,
  ) {}

  /** Removes photos that no post shows. `from` is null for those that go with a post or an account, or unposted for long. */
  async discard(tx: Tx, owner: Id, photoIds: readonly Id[], from: Origin | null = null): Promise<void> {
    if (photoIds.length === 0) return;
    const trashed = await this.photos.discard(tx, photoIds);
    await this.deletions.record(tx, owner, photoIds);
    if (from !== null)
      for (const photoId of photoIds) await this.audit.record(tx, 'photo.deleted', owner, from, { photoId });
    await tx.effect('photo.trash', ...trashed);
  }

  /** `from` is null when a closed account's posts go: its closing is recorded. */
  async recordPost(tx: Tx, author: Id, postId: Id, from: Origin | null): Promise<void> {
    await this.deletions.record(tx, author, [postId]);
    if (from !== null) await this.audit.record(tx, 'post.deleted', author, from, { postId });
  }

  /** On the record of the comment's author, whoever of those who may deleted it. */
  async recordComment(tx: Tx, person: Id, comment: CommentRow, from: Origin): Promise<void> {
    const { id: commentId, author_id: author, post_id: postId } = comment;
    await this.deletions.record(tx, person, [commentId]);
    await this.audit.record(tx, 'comment.deleted', author, from, { actorId: person, commentId, postId });
  }

  /** Whether this person deleted that post, photo or comment: then deleting it again succeeds. */
  async wasBy(person: Id, id: Id): Promise<boolean> {
    return this.deletions.isBy(person, id);
  }
}
