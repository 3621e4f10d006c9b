import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Counts, ReaderMarks, type Marks, type PostCounts } from '@app/feed';
import { PostCache, type CachedPost } from './post-cache.js';

/** A post ready to be shown, and what decides whether it may be. */
export class ShownPost {
  constructor(
    readonly post: CachedPost,
    /** Counts and marks of this moment, ASCII: they stand between the post's head and tail. */
    readonly middle: string,
  ) {}

  get json(): string {
    return `${this.post.head.toString()}${this.middle}${this.post.tail.toString()}`;
  }
}

const nothing: Marks = { liked: new Set(), saved: new Set() };

/** How posts look in answers: their cached text with the counts and the reader's marks of this moment put in. */
@Injectable()
export class PostView {
  constructor(
    private readonly cache: PostCache,
    private readonly counts: Counts,
    private readonly marks: ReaderMarks,
  ) {}

  /** By id; what is deleted is not in the answer. Visibility is the caller's to ask. */
  async show(ids: readonly Id[], reader: Id | null): Promise<Map<Id, ShownPost>> {
    if (ids.length === 0) return new Map();
    const [counts, marks] = await Promise.all([
      this.counts.posts(ids),
      reader === null ? nothing : this.marks.of(reader, ids),
    ]);
    const posts = await this.cache.posts(ids, counts);
    const shown = new Map<Id, ShownPost>();
    for (const [id, post] of posts) {
      const count = counts.get(id);
      if (count) shown.set(id, new ShownPost(post, middleOf(id, count, marks)));
    }
    return shown;
  }
}

function middleOf(id: Id, count: PostCounts, marks: Marks): string {
  const counts = `,"counts":{"likes":${count.likes},"comments":${count.comments}}`;
  return `${counts},"liked":${marks.liked.has(id)},"saved":${marks.saved.has(id)}`;
}
