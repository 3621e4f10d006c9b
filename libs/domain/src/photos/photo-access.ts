import { Injectable } from '@nestjs/common';
import { isId, problem, type Id } from '@app/platform';
import { PhotoRows, type PhotoRow } from '@app/storage';
import { PostAccess } from '../posts/post-access.js';

/** Photos that a viewer may see: their own, and those of posts that they may see. */
@Injectable()
export class PhotoAccess {
  constructor(
    private readonly rows: PhotoRows,
    private readonly posts: PostAccess,
  ) {}

  async visible(ids: readonly Id[], viewer: Id | null): Promise<PhotoRow[]> {
    const rows = await this.rows.findMany(ids.filter(isId));
    const postIds = [...rows.values()].flatMap((row) => (row.owner_id === viewer ? [] : (row.post_id ?? [])));
    const posts = postIds.length > 0 ? await this.posts.visible(postIds, viewer) : new Set<Id>();
    return ids.flatMap((id) => {
      const row = rows.get(id);
      if (!row || row.state === 'uploading') return [];
      return row.owner_id === viewer || (row.post_id !== null && posts.has(row.post_id)) ? [row] : [];
    });
  }

  /** @throws Problem 404 for a photo that is missing or that the viewer may not see */
  async one(id: Id, viewer: Id | null): Promise<PhotoRow> {
    const [row] = await this.visible([id], viewer);
    if (!row) throw problem('not_found');
    return row;
  }

  /** A person's own photo; null only where a lagging replica could not be the reason. */
  async own(id: Id, owner: Id): Promise<PhotoRow | null> {
    const row = await this.rows.findForSure(id);
    return row?.owner_id === owner && row.state !== 'uploading' ? row : null;
  }
}
