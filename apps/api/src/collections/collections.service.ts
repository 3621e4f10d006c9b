import { Injectable } from '@nestjs/common';
import { isId, limits, problem, type Id } from '@app/platform';
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
    const row = isId(id) ? await this.rows.find(owner, id) : null;
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
    const row = isId(id) ? await this.rows.rename(owner, id, name ?? null) : null;
    if (!row) throw problem('not_found');
    return shown(row);
  }

  async list(path: string, input: ListInput, owner: Id): Promise<Page<Collection>> {
    const page = this.cursors.request(path, input);
    const rows = await this.rows.page(owner, { ...page, limit: page.limit + 1 });
    const items = page.after === null ? rows.slice(0, page.limit) : rows.slice(-page.limit);
    return this.cursors.page(path, items.map(shown), {
      first: items[0]?.id ?? page.after,
      last: items.at(-1)?.id ?? null,
      more: rows.length > page.limit || page.after !== null,
    });
  }
}

function shown({ id, name, posts, created_at }: CollectionRow): Collection {
  return { id, name, counts: { posts }, createdAt: created_at.toISOString() };
}
