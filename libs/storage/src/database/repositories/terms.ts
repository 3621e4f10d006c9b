import { Injectable } from '@nestjs/common';
import { shardOf, shardOfText, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Place } from '../entities/term.js';
import { keyOf, type Queryable } from '../queryable.js';
import { keyPage, type KeyPage } from './entry-page.js';

/** The terms of posts: two pairs of tables of one structure. */
const tables = {
  tag: { terms: 'tags', posts: 'post_tags', term: 'tag_id' },
  place: { terms: 'places', posts: 'post_places', term: 'place_id' },
} as const;

export type TermKind = keyof typeof tables;

/** Only places have `shown`, latitude and longitude. */
export type TermRow = Place;

/** How a term's count of posts changes. */
export interface TermChange {
  term: Id;
  delta: number;
}

/** Tags and places, on the shard of their name, and the posts under them. Names are folded. */
@Injectable()
export class TermRows {
  constructor(private readonly database: Database) {}

  async find(
    kind: TermKind,
    names: readonly string[],
    connection: Queryable = this.database,
  ): Promise<Map<string, Id>> {
    const { rows } = await connection.query<{ id: Id; name: string }>(
      `${kind}.find`,
      `SELECT t.id, t.name FROM unnest($1::int[], $2::text[]) AS wanted(shard, name)
       JOIN ${tables[kind].terms} t ON t.shard = wanted.shard AND t.name = wanted.name`,
      [names.map(shardOfText), names],
    );
    return new Map(rows.map(({ name, id }) => [name, id]));
  }

  /** Like `find`, but makes missing ones; in a fixed order, so that two transactions that make the same ones cannot deadlock. */
  async ensure(tx: Queryable, kind: TermKind, names: readonly string[]): Promise<Map<string, Id>> {
    const found = await this.find(kind, names, tx);
    const missing = names.filter((name) => !found.has(name)).sort();
    if (missing.length === 0) return found;
    const place = kind === 'place' ? [', shown', `, ''`] : ['', ''];
    await tx.query(
      `${kind}.insert`,
      `WITH made AS (
         INSERT INTO ${tables[kind].terms} (shard, id, name${place[0]})
         SELECT w.shard, next_id(w.shard), w.name${place[1]}
         FROM unnest($1::int[], $2::text[]) WITH ORDINALITY AS w(shard, name, place) ORDER BY w.place
         ON CONFLICT (shard, name) DO NOTHING RETURNING shard, id, name)
       INSERT INTO search_words (shard, subject_id, word, kind, whole, rank)
       SELECT m.shard, m.id, w.word, '${kind}', w.whole, 0 FROM made m CROSS JOIN LATERAL search_words(m.name) AS w`,
      [missing.map(shardOfText), missing],
    );
    return this.find(kind, names, tx);
  }

  /** Lists a post under these terms, or changes whether it counts there; returns the changes to their counts. */
  async add(
    tx: Queryable,
    kind: TermKind,
    terms: readonly Id[],
    post: Id,
    counted: boolean,
  ): Promise<TermChange[]> {
    const { posts, term } = tables[kind];
    const { rows } = await tx.query<{ term: Id; inserted: boolean }>(
      `${kind}.addPost`,
      `INSERT INTO ${posts} AS p (shard, ${term}, post_id, counted)
       SELECT shard_of(t.id), t.id, $2, $3 FROM unnest($1::bigint[]) AS t(id) ORDER BY t.id
       ON CONFLICT (shard, ${term}, post_id) DO UPDATE SET counted = excluded.counted WHERE p.counted <> excluded.counted
       RETURNING ${term} AS term, xmax = 0 AS inserted`,
      [terms, post, counted],
    );
    const changed = rows.filter(({ inserted }) => counted || !inserted);
    return changed.map(({ term: id }) => ({ term: id, delta: counted ? 1 : -1 }));
  }

  async remove(tx: Queryable, kind: TermKind, terms: readonly Id[], post: Id): Promise<TermChange[]> {
    const { posts, term } = tables[kind];
    const { rows } = await tx.query<{ term: Id; counted: boolean }>(
      `${kind}.removePost`,
      `DELETE FROM ${posts} p USING unnest($1::int[], $2::bigint[]) AS t(shard, id)
       WHERE p.shard = t.shard AND p.${term} = t.id AND p.post_id = $3 RETURNING p.${term} AS term, p.counted`,
      [terms.map(shardOf), terms, post],
    );
    return rows.filter(({ counted }) => counted).map(({ term: id }) => ({ term: id, delta: -1 }));
  }

  /** Stores a place's spelling and position, from the first public post. */
  async describePlace(
    tx: Queryable,
    id: Id,
    place: { shown: string; latitude: number | null; longitude: number | null },
  ): Promise<void> {
    await tx.query(
      'place.describe',
      `UPDATE places SET shown = CASE shown WHEN '' THEN $3 ELSE shown END,
         latitude = coalesce(latitude, $4), longitude = coalesce(longitude, $5)
       WHERE shard = $1 AND id = $2 AND (shown = '' OR (latitude IS NULL AND $4::float8 IS NOT NULL))`,
      keyOf(id, place.shown, place.latitude, place.longitude),
    );
  }

  read(kind: TermKind, ids: readonly Id[]): Promise<Map<Id, TermRow>> {
    return this.database.byIds(`${kind}.read`, tables[kind].terms, ids);
  }

  /** A page of the posts under a term by key, newest first; for a stranger only those of public authors. */
  async posts(kind: TermKind, id: Id, page: KeyPage, { stranger }: { stranger: boolean }): Promise<Id[]> {
    const { posts, term } = tables[kind];
    const name = `${kind}.${stranger ? 'publicPosts' : 'posts'}`;
    const select = `SELECT post_id FROM ${posts} WHERE shard = $1 AND ${term} = $2${stranger ? ' AND counted' : ''}`;
    const rows = await keyPage<{ post_id: Id }>(this.database, [name, select, keyOf(id)], page, 'post_id');
    return rows.map(({ post_id }) => post_id);
  }
}
