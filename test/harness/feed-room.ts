import type { Redis } from 'ioredis';
import { openRedis, shardOf, type Id } from '@app/platform';
import { CountRows, Database, FeedRows, LikeRows, PopularRows, RedisEpochs, SearchWords } from '@app/storage';
import { AuthorFeeds } from '../../libs/feed/src/author-feeds.js';
import { Counts } from '../../libs/feed/src/counts.js';
import { RedisEpoch } from '../../libs/feed/src/epoch.js';
import { FeedWindows } from '../../libs/feed/src/feed-windows.js';
import { HomeFeeds } from '../../libs/feed/src/home-feeds.js';
import { TrackingConnection } from '../../libs/feed/src/tracking-connection.js';
import { ClientSideCache } from '../../libs/feed/src/client-side-cache.js';
import { PendingInvalidations } from '../../libs/feed/src/pending-invalidations.js';
import { LikedSavedCache } from '../../libs/feed/src/liked-saved-cache.js';
import { RedisLink } from '../../libs/feed/src/redis-link.js';
import { FeedRedis } from '../../libs/feed/src/redis.js';
import { ReaderRelations } from '../../libs/feed/src/relations.js';
import { SessionCache } from '../../libs/feed/src/session-cache.js';
import { openDataSource } from '../../libs/storage/src/database/data-source.js';
import type { TestDatabase } from './database.js';

/** One process's libs/feed, wired by hand. */
export interface FeedRoom {
  database: Database;
  rows: FeedRows;
  redis: FeedRedis;
  pending: PendingInvalidations;
  clientCache: ClientSideCache;
  windows: FeedWindows;
  homeFeeds: HomeFeeds;
  authorFeeds: AuthorFeeds;
  counts: Counts;
  marks: LikedSavedCache;
  sessions: SessionCache;
  /** A client of the Redis that the room uses. */
  look: Redis;
  close(): Promise<void>;
}

export async function feedRoom(databaseUrl: string, redisUrl: string, budget = 1_000): Promise<FeedRoom> {
  const source = await openDataSource({ url: databaseUrl, name: 'spec', pool: 6 });
  const database = new Database(source);
  const rows = new FeedRows(database);
  const link = new RedisLink(redisUrl, budget);
  const redis = new FeedRedis(link, new RedisEpoch(new RedisEpochs(database)));
  const pending = new PendingInvalidations(redis);
  const clientCache = new ClientSideCache(redis, new TrackingConnection(link, redisUrl, budget));
  const windows = new FeedWindows(redis, rows, clientCache);
  const authorFeeds = new AuthorFeeds(redis, rows, clientCache);
  const look = openRedis(redisUrl, { lazyConnect: true }).on('error', () => undefined);
  await redis.start(10_000);
  return {
    database,
    rows,
    redis,
    pending,
    clientCache,
    windows,
    authorFeeds,
    homeFeeds: new HomeFeeds(windows, rows, new ReaderRelations(redis, rows), authorFeeds),
    counts: new Counts(
      redis,
      pending,
      clientCache,
      new CountRows(database, new PopularRows(database), new SearchWords()),
    ),
    marks: new LikedSavedCache(redis, pending, clientCache, new LikeRows(database)),
    sessions: new SessionCache(redis, clientCache),
    look,
    close: async () => {
      clientCache.stop();
      redis.stop();
      look.disconnect();
      await authorFeeds.settled();
      await source.destroy();
    },
  };
}

/** Writes rows as the api would, without its rules and outbox. */
export class FeedFixtures {
  private people = 0;

  constructor(private readonly database: TestDatabase) {}

  async person(): Promise<Id> {
    this.people += 1;
    const [row] = await this.database.query<{ id: Id }>(
      `INSERT INTO users (shard, id, username, email, password_hash)
       SELECT shard_of(n.id), n.id, $1, $1 || '@example.org', '' FROM (SELECT next_id(floor(random() * 8192)::int) AS id) n
       RETURNING id`,
      [`person${this.people}`],
    );
    return row?.id ?? '';
  }

  async persons(count: number): Promise<Id[]> {
    const made: Id[] = [];
    for (let index = 0; index < count; index += 1) made.push(await this.person());
    return made;
  }

  async follow(follower: Id, followee: Id): Promise<void> {
    await this.database.query(
      `INSERT INTO follows (shard, follower_id, followee_id, id) VALUES ($1, $2, $3, next_id(0)) ON CONFLICT DO NOTHING`,
      [shardOf(follower), follower, followee],
    );
  }

  async unfollow(follower: Id, followee: Id): Promise<void> {
    await this.database.query(
      `DELETE FROM follows WHERE shard = $1 AND follower_id = $2 AND followee_id = $3`,
      [shardOf(follower), follower, followee],
    );
  }

  /** A published post; an explicit id puts it anywhere in time. */
  async post(author: Id, id?: Id): Promise<Id> {
    const [row] = await this.database.query<{ id: Id }>(
      `INSERT INTO posts (shard, id, author_id, state)
       VALUES ($1::int, coalesce($2::bigint, next_id($1::int)), $3, 'published') RETURNING id`,
      [shardOf(author), id ?? null, author],
    );
    return row?.id ?? '';
  }

  async posts(author: Id, count: number): Promise<Id[]> {
    const rows = await this.database.query<{ id: Id }>(
      `INSERT INTO posts (shard, id, author_id, state)
       SELECT $1::int, next_id($1::int), $2, 'published' FROM generate_series(1, $3) RETURNING id`,
      [shardOf(author), author, count],
    );
    return rows.map(({ id }) => id);
  }

  async run(sql: string, parameters: unknown[] = []): Promise<void> {
    await this.database.query(sql, parameters);
  }
}
