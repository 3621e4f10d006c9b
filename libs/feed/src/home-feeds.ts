import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';

/** Which page: the newest when neither cursor is given. */
export interface PageRequest {
  /** Posts older than this id. */
  before?: Id | null;
  /** The page just above this id. */
  after?: Id | null;
  limit: number;
}

/** Candidates of one page: visibility is decided by the reader of the rows, who asks for more until the page is full. */
export interface FeedPage {
  /** Newest first, without doubles. Deleted posts may be among them. The cursor is the last id scanned, not the last shown. */
  ids: Id[];
  /** There is nothing beyond these in the direction that was asked for. */
  complete: boolean;
  /** Who answered: for metrics and tests. */
  source: 'redis' | 'postgres';
  /** The author is the reader or still followed, and neither muted nor blocked in either direction. */
  mayAppear(author: Id): boolean;
}

/** Every reader's newest posts in Redis, and PostgreSQL below and instead of it. */
@Injectable()
export class HomeFeeds {
  /** Reads a page. Falls back to PostgreSQL, in the same order, whenever Redis cannot answer; never throws for Redis. */
  page(reader: Id, request: PageRequest): Promise<FeedPage> {
    throw new Error(`not built: ${reader} ${request.limit}`);
  }

  /**
   * Inserts a post into those of these feeds that exist, in order and without doubles; answers how many exist.
   *
   * @throws RedisAway: repeat it
   */
  insert(post: Id, readers: readonly Id[]): Promise<number> {
    throw new Error(`not built: ${post} ${readers.length}`);
  }

  /**
   * Makes these readers' feeds and relations be read anew: after follow, unfollow, block, mute, and for the followers of
   * an author who becomes large. Call it after the commit.
   *
   * @throws RedisAway: repeat it
   */
  bump(readers: readonly Id[]): Promise<void> {
    throw new Error(`not built: ${readers.length}`);
  }
}
