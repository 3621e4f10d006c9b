import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { CollectionRows, UnitOfWork } from '@app/storage';
import { SavesService } from '../likes/saves.service.js';
import type { ListInput } from '../http/cursors.js';
import { PostLists } from '../posts/post-lists.service.js';
import { CollectionsService } from './collections.service.js';

/** The posts of a collection. Its owner has saved each of them. */
@Injectable()
export class CollectedPosts {
  constructor(
    private readonly rows: CollectionRows,
    private readonly collections: CollectionsService,
    private readonly saves: SavesService,
    private readonly lists: PostLists,
    private readonly work: UnitOfWork,
  ) {}

  async list(path: string, input: ListInput & { id: Id }, owner: Id): Promise<string> {
    await this.collections.show(owner, input.id);
    return this.lists.collection(path, input, owner, this.rows);
  }

  /** Also saves the post: every post in a collection is saved. */
  async add(owner: Id, collection: Id, post: Id): Promise<string> {
    return this.saves.save(owner, post, async (tx) => {
      if (!(await this.rows.add(tx, owner, collection, post))) throw problem('not_found');
    });
  }

  async take(owner: Id, collection: Id, post: Id): Promise<void> {
    await this.work.run((tx) => this.rows.take(tx, owner, collection, post));
  }

  async remove(owner: Id, collection: Id): Promise<void> {
    await this.work.run((tx) => this.rows.remove(tx, owner, collection));
  }
}
