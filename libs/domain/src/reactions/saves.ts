import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import { LikedSavedCache } from '@app/feed';
import {
  AuditRows,
  CollectionRows,
  LikeRows,
  UnitOfWork,
  type CollectionRow,
  type Origin,
  type Tx,
} from '@app/storage';
import { PostAccess } from '../posts/post-access.js';

/** A person's saved posts, and their named collections of them. Every post in a collection is saved. */
@Injectable()
export class Saves {
  constructor(
    private readonly rows: LikeRows,
    private readonly collections: CollectionRows,
    private readonly access: PostAccess,
    private readonly marks: LikedSavedCache,
    private readonly audit: AuditRows,
    private readonly work: UnitOfWork,
  ) {}

  /** Saves a post, also into a collection where one is given. @throws Problem 404, also for a collection that is not the person's */
  async save(user: Id, post: Id, collection?: Id): Promise<void> {
    await this.marks.change(user, 'saved', post, true, () =>
      this.work.run(async (tx) => {
        await this.access.hold(tx, post, user);
        await this.rows.save(tx, user, post);
        if (collection !== undefined && !(await this.collections.add(tx, user, collection, post)))
          throw problem('not_found');
      }),
    );
  }

  /** Also a post that the person can no longer see; whether they still see it. */
  async unsave(user: Id, post: Id): Promise<boolean> {
    await this.marks.change(user, 'saved', post, false, () =>
      this.work.run(async (tx) => {
        await this.rows.unsave(tx, user, post);
        await this.collections.takeFromAll(tx, user, post);
      }),
    );
    return (await this.access.visible([post], user)).has(post);
  }

  async createCollection(tx: Tx, owner: Id, name: string): Promise<Id> {
    const limit = limits.collection.perUser;
    const id = await this.collections.insert(tx, owner, name, limit);
    if (id === null) throw problem('collection_limit', { params: { limit } });
    return id;
  }

  /** @throws Problem 404 unless the collection is the person's own */
  async collection(owner: Id, id: Id): Promise<CollectionRow> {
    return own(await this.collections.find(owner, id));
  }

  /** Without a name it stays as it is. */
  async renameCollection(owner: Id, id: Id, name: string | undefined): Promise<CollectionRow> {
    return own(await this.collections.rename(owner, id, name ?? null));
  }

  /** Its posts stay saved. */
  async removeCollection(owner: Id, id: Id, from: Origin): Promise<void> {
    await this.work.run(async (tx) => {
      if (await this.collections.remove(tx, owner, id))
        await this.audit.record(tx, 'collection.deleted', owner, from, { collectionId: id });
    });
  }

  async takeFrom(collection: Id, owner: Id, post: Id): Promise<void> {
    await this.work.run((tx) => this.collections.take(tx, owner, collection, post));
  }
}

function own(row: CollectionRow | null): CollectionRow {
  if (!row) throw problem('not_found');
  return row;
}
