import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import { CollectionRows, type CollectionRow, type Tx } from '@app/storage';
import { Cursors, type ListInput, type Page } from '../http/cursors.js';
import type { Made } from '../http/idempotency.js';
import type { Collection } from './collections.schemas.js';

/** Named collections of a person's saved posts. */
@Injectable()
export class CollectionsService {
  constructor(
    private readonly rows: CollectionRows,
    private readonly cursors: Cursors,
  ) {}

  async create(tx: Tx, owner: Id, name: string): Promise<Made> {
    const limit = limits.collection.perUser;
    const id = await this.rows.insert(tx, owner, name, limit);
    if (id === null) throw problem('collection_limit', { params: { limit } });
    return { status: 201, id };
  }

  /** @throws Problem 404 unless the collection is the caller's own */
  async show(owner: Id, id: Id): Promise<Collection> {
    const row = await this.rows.find(owner, id);
    if (!row) throw problem('not_found');
    return shown(row);
  }

  /** The collection just created. @throws Problem 410 when it has been deleted since */
  async showMade(owner: Id, id: Id): Promise<Collection> {
    const row = await this.rows.find(owner, id);
    if (!row) throw problem('gone');
    return shown(row);
  }

  async rename(owner: Id, id: Id, name: string | undefined): Promise<Collection> {
    const row = await this.rows.rename(owner, id, name ?? null);
    if (!row) throw problem('not_found');
    return shown(row);
  }

  async list(path: string, input: ListInput, owner: Id): Promise<Page<Collection>> {
    return this.cursors.list(
      path,
      input,
      (page) => this.rows.page(owner, page),
      (rows) => rows.map(shown),
    );
  }
}

function shown({ id, name, posts_count: posts, created_at }: CollectionRow): Collection {
  return { id, name, counts: { posts }, createdAt: created_at.toISOString() };
}
