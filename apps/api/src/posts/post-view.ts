import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { Counts, LikedSavedCache, type Mark, type Marks, type ReadSince } from '@app/feed';
import { type PostCounts } from '@app/storage';
import type { ApiReply } from '../http/call.js';
import type { Page } from '../http/cursors.js';
import { memoryFor } from '../http/fast-path/page-memory.js';
import { PostJsonCache, type CachedPost } from './post-json-cache.js';
import type { GridPost, Post, PostListInput } from './posts.schemas.js';

const BEGIN = '{"items":[';
const COMMA = 44;

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

  /** A post that the reader has just liked or saved. @throws Problem 404 when it was deleted since, and the mark with it */
  async marked(id: Id, reader: Id, mark: Mark): Promise<string> {
    const shown = await this.withMarks([id], this.marks.besides(reader, id, mark, true));
    const json = shown.get(id)?.json;
    if (json === undefined) throw problem('not_found');
    return json;
  }

  /** A post of which the reader has just taken a mark back. Null when it was deleted since. */
  async unmarked(id: Id, reader: Id, mark: Mark): Promise<string | null> {
    const shown = await this.withMarks([id], this.marks.besides(reader, id, mark, false));
    return shown.get(id)?.json ?? null;
  }

  private async withMarks(
    ids: readonly Id[],
    asked: Marks | Promise<Marks>,
    since?: ReadSince,
  ): Promise<Map<Id, ShownPost>> {
    const [counts, marks] = await Promise.all([this.counts.posts(ids, since), asked]);
    const posts = await this.cache.of(ids, counts);
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

function endOf({ nextCursor, prevCursor }: Page<ShownPost>): string {
  return `],"nextCursor":${JSON.stringify(nextCursor)},"prevCursor":${JSON.stringify(prevCursor)}}`;
}

/** A list's JSON from posts that are already JSON: parsing them to rebuild it would cost more than everything else. */
export function listJson(page: Page<ShownPost>, view?: PostListInput['view']): string {
  const items = page.items.map(({ json }) => (view === 'grid' ? cellOf(json) : json));
  return `${BEGIN}${items.join(',')}${endOf(page)}`;
}

/** Read from the post's JSON, so that the cache holds posts once and the feed pays nothing for cells; 7 µs a post. */
function cellOf(json: string): string {
  const { id, code, state, photos, sensitive, filtered, counts, createdAt, takenAt } = JSON.parse(
    json,
  ) as Post;
  const [first] = photos;
  const photo = first && {
    thumbhash: first.thumbhash,
    color: first.color,
    width: first.width,
    height: first.height,
    square150: first.renditions?.square150 ?? null,
    w640: first.renditions?.w640 ?? null,
  };
  const cell: GridPost = {
    id,
    code,
    state,
    photo: photo ?? null,
    photoCount: photos.length,
    sensitive,
    filtered,
    counts,
    createdAt,
    takenAt,
  };
  return JSON.stringify(cell);
}

/** Like `listJson`, but as bytes for this reply: copies everything and encodes nothing. */
export function listBytes(page: Page<ShownPost>, reply: ApiReply): Buffer {
  const { items } = page;
  const end = endOf(page);
  let length = BEGIN.length + end.length + Math.max(0, items.length - 1);
  for (const { post, ending } of items) length += post.head.length + ending.length;
  const bytes = memoryFor(reply, length);
  let at = bytes.write(BEGIN, 'latin1');
  for (let index = 0; index < items.length; index += 1) {
    const { post, ending } = items[index] as ShownPost;
    if (index > 0) at = bytes.writeUInt8(COMMA, at);
    bytes.set(post.head, at);
    at += post.head.length;
    bytes.set(ending, at);
    at += ending.length;
  }
  bytes.write(end, at, 'latin1');
  return bytes;
}
