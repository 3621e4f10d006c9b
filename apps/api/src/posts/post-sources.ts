import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database, PhotoRows, PostRows, UserRows } from '@app/storage';

/** What a post's text is made of. */
@Injectable()
export class PostSources {
  constructor(
    private readonly database: Database,
    private readonly posts: PostRows,
    private readonly photos: PhotoRows,
    private readonly users: UserRows,
  ) {}

  /** Photos and authors are read after the posts, so that what is seen is never older than the version it is kept under. */
  async load(ids: readonly Id[]) {
    const posts = await this.posts.findMany(ids);
    const authorIds = [...posts.values()].map((post) => post.author_id);
    const [photos, authors] = await Promise.all([
      this.photos.ofPosts(this.database, [...posts.keys()]),
      this.users.findMany(authorIds),
    ]);
    return { posts, photos, authors };
  }
}
