import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, codeOf, type Config, type Id } from '@app/platform';
import { cacheReads } from '@app/feed';
import { PhotoRows, PostRows, UserRows, type PhotoRow, type PostRow, type UserRow } from '@app/storage';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';
import { PhotoView } from '../photos/photo-view.js';
import { UserView } from '../users/user-view.js';
import { post } from './posts.schemas.js';

/**
 * A post's JSON without the parts that vary by reader or by the minute: `head + counts, liked, saved + tail`. Cached in
 * serialised form, because building 20 posts per page costs more than the rest of a feed read; the head as bytes, because
 * encoding 49 kB of text costs more than everything that remains.
 */
export interface CachedPost {
  id: Id;
  author: Id;
  version: number;
  authorVersion: number;
  state: PostRow['state'];
  archived: boolean;
  head: Buffer;
  tail: string;
  /** The bytes after the head as last read by a reader without a like or save. */
  last: { likes: number; comments: number; bytes: Buffer } | null;
  /** Identifies this edit of the post; ETags are built from it. */
  tag: string;
  /** The time at which its media URLs change, in milliseconds since 1970. */
  validUntil: number;
}

/** The minimum versions for a cached post to be current; the same read returns them with its counts. */
export interface Versions {
  version: number;
  authorVersion: number;
}

/** Part of every ETag: a client that knows a page by its ETag sees a field that posts have gained since. */
const SHAPE = createHash('sha256')
  .update(JSON.stringify(z.toJSONSchema(post)))
  .digest('base64url')
  .slice(0, 6);

/** The cache's capacity in bytes, for some 25,000 posts of one photo each. */
const CAPACITY = 64 * 1024 * 1024;

@Injectable()
export class PostJsonCache {
  private readonly cache = new LRUCache<Id, CachedPost>({
    maxSize: CAPACITY,
    sizeCalculation: ({ head, tail }) => head.length + tail.length + 400,
  });

  private readonly reads = cacheReads('post');

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly posts: PostRows,
    private readonly photos: PhotoRows,
    private readonly users: UserRows,
    private readonly photoView: PhotoView,
    private readonly userView: UserView,
  ) {}

  /** Returns these posts, current as of `versions`; omits posts without versions (deleted) or without a row. */
  async of(ids: readonly Id[], versions: ReadonlyMap<Id, Versions>): Promise<Map<Id, CachedPost>> {
    const now = Date.now();
    const found = new Map<Id, CachedPost>();
    const missing: Id[] = [];
    for (const id of ids) {
      const wanted = versions.get(id);
      if (!wanted) continue;
      const cached = this.cache.get(id);
      if (cached && isCurrent(cached, wanted) && cached.validUntil > now) found.set(id, cached);
      else missing.push(id);
    }
    this.reads.near.inc(found.size);
    this.reads.postgres.inc(missing.length);
    if (missing.length > 0) await this.load(missing, found);
    return found;
  }

  private async load(ids: readonly Id[], into: Map<Id, CachedPost>): Promise<void> {
    // Photos and authors after the posts, so that the content is never older than the version it is cached under.
    const posts = await this.posts.findMany(ids);
    const [photos, authors, released] = await Promise.all([
      this.photos.ofPosts([...posts.keys()]),
      this.users.findMany([...posts.values()].map((post) => post.author_id)),
      this.photos.findMany([...posts.values()].flatMap(releasedOf)),
    ]);
    for (const [id, post] of posts) {
      const author = authors.get(post.author_id);
      if (!author || author.closed_at !== null) continue;
      const own =
        post.state === 'failed'
          ? releasedOf(post).flatMap((photo) => released.get(photo) ?? [])
          : photos.get(id);
      const made = this.make(post, own ?? [], author);
      // Only published posts are cached: photos that settle, or are posted again after a failure, do not invalidate their post.
      if (made.state === 'published') this.cache.set(id, made);
      into.set(id, made);
    }
  }

  private make(post: PostRow, photos: PhotoRow[], author: UserRow): CachedPost {
    const code = codeOf(post.id);
    const { publicUrl } = this.config;
    const head = JSON.stringify({
      id: post.id,
      code,
      url: `${publicUrl}/p/${code}`,
      state: post.state,
      author: this.userView.author(author),
      caption: post.caption || null,
      captionEntities: post.caption_entities,
      place:
        post.place_name === null
          ? null
          : { name: post.place_name, latitude: post.latitude, longitude: post.longitude },
      photos: photos.map((photo) => this.photoView.show(photo)),
      sensitive: post.sensitive,
      contentWarning: post.content_warning,
      commentsClosed: post.comments_closed,
      archived: post.archived,
      failure: post.failure === null ? null : { code: post.failure, photoId: post.failed_photo_id },
      filtered: [],
      removed: null,
    });
    const tail = `,"createdAt":"${post.created_at.toISOString()}","takenAt":${JSON.stringify(post.taken_at)},"editedAt":${JSON.stringify(post.edited_at)}}`;
    const validUntil = Math.min(this.photoView.sameUntil(photos), this.userView.sameUntil(author));
    return {
      id: post.id,
      author: post.author_id,
      version: post.version,
      authorVersion: author.version,
      state: post.state,
      archived: post.archived,
      head: Buffer.from(head.slice(0, -1)),
      tail,
      last: null,
      tag: `${SHAPE}.${post.id}.${post.version}.${author.version}.${validUntil}`,
      validUntil,
    };
  }
}

/** A newer cached version also counts: the versions may have been read just before it. */
function isCurrent(cached: Versions, wanted: Versions): boolean {
  return cached.version >= wanted.version && cached.authorVersion >= wanted.authorVersion;
}

/** The photos of a failed post; for one that failed under an older release only the rejected photo is known. */
function releasedOf({ released_photo_ids: ids, failed_photo_id: rejected }: PostRow): Id[] {
  return ids ?? (rejected === null ? [] : [rejected]);
}
