import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '@app/storage';

/** How a viewer relates to another person. */
export interface Relation {
  self: boolean;
  following: boolean;
  requested: boolean;
  followedBy: boolean;
  blocking: boolean;
  blockedBy: boolean;
  muting: boolean;
}

/** The person whose content is shown, as the rules need them. */
export interface Owner {
  id: Id;
  private: boolean;
  closed_at: Date | null;
}

/** A post, as the rules need it. */
export interface VisiblePost {
  author_id: Id;
  state: string;
  archived: boolean;
}

export const stranger: Relation = {
  self: false,
  following: false,
  requested: false,
  followedBy: false,
  blocking: false,
  blockedBy: false,
  muting: false,
};

type RelationRow = Omit<Relation, 'self'> & { id: Id };

/**
 * All of a viewer's relations are on the viewer's own shard: one query, one shard, for any number of people. Each is
 * looked up by its key, as a subquery: for a join, the planner may read and hash all of the viewer's rows, which for
 * somebody with 100,000 followers is 100,000 rows a request.
 */
const lookUp = (shard: string, viewer: string): string => `SELECT
    coalesce(f.accepted, false) AS following,
    f.accepted IS NOT NULL AND NOT f.accepted AS requested,
    coalesce(f.back, false) AS "followedBy",
    f.blocking, f."blockedBy", f.muting
  FROM (SELECT
    (SELECT accepted FROM follows WHERE shard = ${shard} AND follower_id = ${viewer} AND followee_id = o.id) AS accepted,
    (SELECT accepted FROM followers WHERE shard = ${shard} AND followee_id = ${viewer} AND follower_id = o.id) AS back,
    (SELECT true FROM blocks WHERE shard = ${shard} AND blocker_id = ${viewer} AND blocked_id = o.id) IS NOT NULL AS blocking,
    (SELECT true FROM blocked_by WHERE shard = ${shard} AND blocked_id = ${viewer} AND blocker_id = o.id) IS NOT NULL AS "blockedBy",
    (SELECT true FROM mutes WHERE shard = ${shard} AND muter_id = ${viewer} AND muted_id = o.id) IS NOT NULL AS muting
    OFFSET 0) AS f`;

const relationsSql = `SELECT o.id, r.* FROM unnest($3::bigint[]) AS o(id) CROSS JOIN LATERAL (${lookUp('$1', '$2')}) AS r`;

/** Many viewers, each looking at one person. */
const pairsSql = `SELECT r.* FROM unnest($1::int[], $2::bigint[], $3::bigint[]) WITH ORDINALITY AS o(shard, viewer, id, place)
  CROSS JOIN LATERAL (${lookUp('o.shard', 'o.viewer')}) AS r ORDER BY o.place`;

/** A viewer, and the person they look at. */
export interface Look {
  viewer: Id;
  other: Id;
}

/**
 * The one home of the visibility rules. All code that shows a user, a post, a photo, a comment or a count asks here,
 * after reading the rows; lists scan by key and skip rows that may not be seen.
 */
@Injectable()
export class Visibility {
  constructor(private readonly database: Database) {}

  /** How `viewer` (null: not signed in) relates to each of `others`; the result has every requested id. */
  async relations(
    viewer: Id | null,
    others: readonly Id[],
    connection: Queryable = this.database,
  ): Promise<Map<Id, Relation>> {
    const unique = [...new Set(others)];
    const known = new Map<Id, Relation>(unique.map((id) => [id, { ...stranger, self: id === viewer }]));
    const asked = unique.filter((id) => id !== viewer);
    if (viewer === null || asked.length === 0) return known;
    const { rows } = await connection.query<RelationRow>('visibility.relations', relationsSql, [
      shardOf(viewer),
      viewer,
      asked,
    ]);
    for (const { id, ...relation } of rows) known.set(id, { self: false, ...relation });
    return known;
  }

  async relation(viewer: Id | null, other: Id, connection: Queryable = this.database): Promise<Relation> {
    return (await this.relations(viewer, [other], connection)).get(other) ?? stranger;
  }

  /** How each viewer relates to the person they look at, in the order of `looks`: for many viewers at once. */
  async relationsOf(looks: readonly Look[], connection: Queryable = this.database): Promise<Relation[]> {
    if (looks.length === 0) return [];
    const { rows } = await connection.query<Omit<Relation, 'self'>>('visibility.relationsOf', pairsSql, [
      looks.map(({ viewer }) => shardOf(viewer)),
      looks.map(({ viewer }) => viewer),
      looks.map(({ other }) => other),
    ]);
    return looks.map(({ viewer, other }, index) => ({
      ...(rows[index] ?? stranger),
      self: viewer === other,
    }));
  }

  /**
   * A profile requested by id or name is hidden from people whom its owner blocked, and gone once the account is closed.
   * People who block its owner still find it, to unblock there.
   */
  maySeeProfile(owner: Owner, relation: Relation): boolean {
    return owner.closed_at === null && !relation.blockedBy;
  }

  /** In lists, search, suggestions, comments and notifications: neither side of a block sees the other. */
  mayMeet(owner: Owner, relation: Relation): boolean {
    return this.maySeeProfile(owner, relation) && !relation.blocking;
  }

  /** Suggests nobody whom the viewer follows, requested, mutes or may not meet, nor the viewer. */
  maySuggest(owner: Owner, relation: Relation): boolean {
    const { self, following, requested, muting } = relation;
    return this.mayMeet(owner, relation) && !(self || following || requested || muting);
  }

  /** A person's posts, likes and follows: hidden from both sides of a block, and private ones from all but followers. */
  maySeeContent(owner: Owner, relation: Relation): boolean {
    if (relation.self) return owner.closed_at === null;
    if (!this.mayMeet(owner, relation)) return false;
    return !owner.private || relation.following;
  }

  /** Explore: public posts of others whom the viewer neither follows nor mutes. */
  mayExplore(post: VisiblePost, author: Owner, relation: Relation): boolean {
    if (author.private || relation.self || relation.following || relation.muting) return false;
    return this.maySeePost(post, author, relation);
  }

  /** A post: as its author's content; unpublished and archived ones are visible to their author only. */
  maySeePost(post: VisiblePost, author: Owner, relation: Relation): boolean {
    if (!this.maySeeContent(author, relation)) return false;
    return relation.self || (post.state === 'published' && !post.archived);
  }
}
