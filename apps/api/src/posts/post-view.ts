import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Counts, LikedSavedCache, type Mark, type Marks, type ReadSince } from '@app/feed';
import { type PostCounts } from '@app/storage';
import { PostJsonCache, type CachedPost } from './post-json-cache.js';

/** A post that is ready for a response, and the facts that decide its visibility. */
export class ShownPost {
  constructor(
    readonly post: CachedPost,
    /** Current counts and marks, and the rest of the post's JSON after its head. */
    readonly ending: Buffer,
  ) {}

  get json(): string {
    return `${this.post.head.toString()}${this.ending.toString()}`;
  }
}

const nothing: Marks = { liked: new Set(), saved: new Set() };

/** Builds the posts in responses: their cached JSON with the current counts and the reader's marks. */
@Injectable()
export class PostView {
  constructor(
    private readonly cache: PostJsonCache,
    private readonly counts: Counts,
    private readonly marks: LikedSavedCache,
  ) {}

  /**
   * Returns posts by id, without deleted ones. Callers must check visibility. Where `since` is given, counts and marks are as
   * of then or later, otherwise current.
   */
  async show(ids: readonly Id[], reader: Id | null, since?: ReadSince): Promise<Map<Id, ShownPost>> {
    if (ids.length === 0) return new Map();
    const marks = reader === null ? nothing : this.marks.of(reader, ids, since);
    return this.withMarks(ids, marks, since);
  }

  /** A post whose mark the reader has just changed. Null when it was deleted since. */
  async showMarked(id: Id, reader: Id, mark: Mark, marked: boolean): Promise<ShownPost | null> {
    const shown = await this.withMarks([id], this.marks.besides(reader, id, mark, marked));
    return shown.get(id) ?? null;
  }

  private async withMarks(
    ids: readonly Id[],
    asked: Marks | Promise<Marks>,
    since?: ReadSince,
  ): Promise<Map<Id, ShownPost>> {
    const [counts, marks] = await Promise.all([this.counts.posts(ids, since), asked]);
    const posts = await this.cache.posts(ids, counts);
    const shown = new Map<Id, ShownPost>();
    for (const [id, post] of posts) {
      const count = counts.get(id);
      if (count) shown.set(id, new ShownPost(post, endingOf(post, count, marks)));
    }
    return shown;
  }
}

/** Most readers have no marks on a post, and read it between two likes, so the post caches its last such ending. */
function endingOf(post: CachedPost, { likes, comments }: PostCounts, marks: Marks): Buffer {
  const liked = marks.liked.has(post.id);
  const saved = marks.saved.has(post.id);
  const { last } = post;
  if (!liked && !saved && last?.likes === likes && last.comments === comments) return last.bytes;
  const counts = `,"counts":{"likes":${likes},"comments":${comments}}`;
  const bytes = Buffer.from(`${counts},"liked":${liked},"saved":${saved}${post.tail}`);
  if (!liked && !saved) post.last = { likes, comments, bytes };
  return bytes;
}
