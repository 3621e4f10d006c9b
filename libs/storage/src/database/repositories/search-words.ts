import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { keyOf, type Queryable } from '../queryable.js';

/** The words of a person's names, as `search_words` splits them. */
const ofUser = `SELECT u.shard, u.id, w.word, 'user', w.whole, search_rank(u.followers_count)
  FROM users u CROSS JOIN LATERAL search_words(u.username, u.display_name) AS w
  WHERE u.shard = $1 AND u.id = $2 AND u.closed_at IS NULL AND u.role <> 'synthetic'`;

const counters = new Set<string>(['user.followers', 'tag.posts', 'place.posts']);

/** The words that people, tags and places are found by; they change in the transaction that changes a name. */
@Injectable()
export class SearchWords {
  /** Call after a person's names changed, or their account closed. */
  async replace(tx: Queryable, user: Id): Promise<void> {
    const place = keyOf(user);
    await tx.query(
      'searchWord.clear',
      `DELETE FROM search_words WHERE shard = $1 AND subject_id = $2`,
      place,
    );
    await tx.query(
      'searchWord.insert',
      `INSERT INTO search_words (shard, subject_id, word, kind, whole, rank) ${ofUser}`,
      place,
    );
  }

  /** Call after counts of a shard were folded. A rank is a logarithm, so hardly any fold changes one. */
  async rank(
    tx: Queryable,
    shard: number,
    counts: readonly { subject_id: Id; counter: string; value: number }[],
  ): Promise<void> {
    const sizes = counts.filter(({ counter }) => counters.has(counter));
    if (sizes.length === 0) return;
    await tx.query(
      'searchWord.rank',
      `UPDATE search_words w SET rank = search_rank(c.size)
       FROM unnest($2::bigint[], $3::int[]) AS c(id, size)
       WHERE w.shard = $1 AND w.subject_id = c.id AND w.rank <> search_rank(c.size)`,
      [shard, sizes.map(({ subject_id }) => subject_id), sizes.map(({ value }) => value)],
    );
  }
}
