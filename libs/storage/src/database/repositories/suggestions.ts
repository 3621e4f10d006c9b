import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';
import { entryPage, type Entry, type KeyPage } from './entry-page.js';

/** Suggestions stored per person: more than anybody reads in a day. */
const KEPT = 100;

/**
 * $1 and $2 the reader. At most 200 of their followees and 200 of each of those: 40,000 rows at worst, for any reader.
 * People with the most friends in common come first, then the popular. People who may not be suggested are left out here
 * so that the list is full, and checked again at each read.
 */
const candidatesSql = (from: 'theirs' | 'nobody'): string => `
  WITH friends AS (
    SELECT followee_id AS id FROM follows WHERE shard = $1 AND follower_id = $2 AND accepted AND follows.id > 0
    ORDER BY follows.id DESC LIMIT 200),
  theirs AS (
    SELECT f.followee_id AS id, count(*) AS common FROM friends CROSS JOIN LATERAL (
      SELECT followee_id FROM follows WHERE shard = shard_of(friends.id) AND follower_id = friends.id AND accepted AND follows.id > 0
      ORDER BY follows.id DESC LIMIT 200) AS f
    GROUP BY 1 ORDER BY 2 DESC LIMIT 1000),
  popular AS (SELECT user_id AS id, 0 AS common FROM popular_people ORDER BY followers DESC LIMIT 300),
  candidates AS (
    SELECT id, max(common) AS common FROM (${from === 'theirs' ? 'SELECT * FROM theirs UNION ALL ' : ''}SELECT * FROM popular) AS c GROUP BY id)
  SELECT c.id, c.common::int FROM candidates c JOIN users u ON u.shard = shard_of(c.id) AND u.id = c.id
  WHERE c.id <> $2 AND u.closed_at IS NULL
    AND NOT EXISTS (SELECT 1 FROM follows WHERE shard = $1 AND follower_id = $2 AND followee_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM blocks WHERE shard = $1 AND blocker_id = $2 AND blocked_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM blocked_by WHERE shard = $1 AND blocked_id = $2 AND blocker_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM mutes WHERE shard = $1 AND muter_id = $2 AND muted_id = c.id)
    AND NOT EXISTS (SELECT 1 FROM suggestion_dismissals WHERE shard = $1 AND user_id = $2 AND dismissed_id = c.id)
  ORDER BY c.common DESC, u.followers_count DESC, c.id LIMIT ${KEPT}`;

interface Candidate {
  id: Id;
  common: number;
}

/** When suggestions were last requested, and the reader's newest follow. */
export interface SuggestionsAge {
  askedAt: Date | null;
  newestFollow: Id | null;
}

/** People whom a reader may want to follow, on each reader's shard. */
@Injectable()
export class SuggestionRows {
  constructor(private readonly database: Database) {}

  async page(user: Id, page: KeyPage): Promise<Entry[]> {
    const list = { name: 'suggestion.page', table: 'suggestions', owner: 'user_id', subject: 'suggested_id' };
    return entryPage(this.database, list, user, page);
  }

  async age(user: Id): Promise<SuggestionsAge> {
    return (await this.database.first<SuggestionsAge>(
      'suggestion.age',
      `SELECT (SELECT asked_at FROM suggestion_states WHERE shard = $1 AND user_id = $2) AS "askedAt",
         (SELECT id FROM follows WHERE shard = $1 AND follower_id = $2 AND accepted AND follows.id > 0
            ORDER BY id DESC LIMIT 1) AS "newestFollow"`,
      keyOf(user),
    )) as SuggestionsAge;
  }

  /** Records a request now; false when another came since `before`, which has milliseconds only. */
  ask(tx: Queryable, user: Id, before: Date | null): Promise<boolean> {
    return tx.touchesOne(
      'suggestion.ask',
      `INSERT INTO suggestion_states AS s (shard, user_id, asked_at) VALUES ($1, $2, clock_timestamp())
       ON CONFLICT (shard, user_id) DO UPDATE SET asked_at = excluded.asked_at 
       WHERE date_trunc('milliseconds', s.asked_at) <= $3`,
      keyOf(user, before),
    );
  }

  /** Recomputes a person's suggestions. The lock keeps two workers from doing it at once. */
  async replace(tx: Queryable, user: Id): Promise<void> {
    const place = keyOf(user);
    await tx.query(
      'suggestion.lock',
      `SELECT 1 FROM suggestion_states WHERE shard = $1 AND user_id = $2 FOR UPDATE`,
      place,
    );
    const found = await tx.query<Candidate>('suggestion.candidates', candidatesSql('theirs'), place);
    await tx.query('suggestion.clear', `DELETE FROM suggestions WHERE shard = $1 AND user_id = $2`, place);
    await this.keep(tx, user, found.rows);
  }

  /** For a person who never had any: the popular, until the worker has read their follows. */
  async begin(tx: Queryable, user: Id): Promise<void> {
    const place = keyOf(user);
    const { rows } = await tx.query<Candidate>('suggestion.popular', candidatesSql('nobody'), place);
    await this.keep(tx, user, rows);
  }

  private async keep(tx: Queryable, user: Id, candidates: readonly Candidate[]): Promise<void> {
    const best = candidates.toReversed();
    await tx.query(
      'suggestion.insert',
      `INSERT INTO suggestions (shard, user_id, suggested_id, id, common)
       SELECT $1::int, $2, s.id, next_id($1::int), s.common FROM (
         SELECT * FROM unnest($3::bigint[], $4::int[]) WITH ORDINALITY AS u(id, common, place) ORDER BY place) AS s
       ON CONFLICT DO NOTHING`,
      keyOf(
        user,
        best.map(({ id }) => id),
        best.map(({ common }) => common),
      ),
    );
  }

  /** Never suggests this person again. */
  async dismiss(tx: Queryable, user: Id, dismissed: Id): Promise<void> {
    const place = keyOf(user, dismissed);
    await tx.query(
      'suggestion.dismiss',
      `INSERT INTO suggestion_dismissals (shard, user_id, dismissed_id) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING`,
      place,
    );
    await tx.query(
      'suggestion.delete',
      `DELETE FROM suggestions WHERE shard = $1 AND user_id = $2 AND suggested_id = $3`,
      place,
    );
  }

  /** Returns those that a person dismissed: a list computed just before may still name them. */
  async dismissed(user: Id, ids: readonly Id[]): Promise<Set<Id>> {
    return new Set(
      await this.database.values<Id>(
        'suggestion.dismissed',
        `SELECT asked.id FROM unnest($3::bigint[]) AS asked(id) WHERE (
         SELECT true FROM suggestion_dismissals WHERE shard = $1 AND user_id = $2 AND dismissed_id = asked.id)`,
        keyOf(user, ids),
      ),
    );
  }

  /** Deletes the data of a person whose account is closed. */
  async forget(user: Id): Promise<void> {
    for (const table of ['suggestions', 'suggestion_states', 'suggestion_dismissals', 'popular_people'])
      await this.database.query(
        `suggestion.forget.${table}`,
        `DELETE FROM ${table} WHERE shard = $1 AND user_id = $2`,
        keyOf(user),
      );
    for (const [table, column] of [
      ['suggestions', 'suggested_id'],
      ['suggestion_dismissals', 'dismissed_id'],
    ] as const)
      await this.database.query(`suggestion.unname.${table}`, `DELETE FROM ${table} WHERE ${column} = $1`, [
        user,
      ]);
  }
}
