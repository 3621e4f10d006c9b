import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database, PhotoRows, PostRows, UserRows, type PostRow } from '@app/storage';

/** Reads the rows that a post's JSON is built from. */
@Injectable()
export class PostSources {
  constructor(
    private readonly database: Database,
    private readonly posts: PostRows,
    private readonly photos: PhotoRows,
    private readonly users: UserRows,
  ) {}

  /** Reads photos and authors after the posts, so that the content is never older than the version it is cached under. */
  async load(ids: readonly Id[]) {
    const posts = await this.posts.findMany(ids);
    const authorIds = [...posts.values()].map((post) => post.author_id);
    const [photos, authors] = await Promise.all([
      this.photos.ofPosts(this.database, [...posts.keys()]),
      this.users.findMany(authorIds),
    ]);
    const released = await this.photos.findMany([...posts.values()].flatMap(releasedOf));
    for (const post of posts.values())
      if (post.state === 'failed')
        photos.set(
          post.id,
          releasedOf(post).flatMap((id) => released.get(id) ?? []),
        );
    return { posts, photos, authors };
  }
}

/** The photos of a failed post; for one that failed under an older release only the rejected photo is known. */
function releasedOf({ released_photo_ids: ids, failed_photo_id: rejected }: PostRow): Id[] {
  return ids ?? (rejected === null ? [] : [rejected]);
}
