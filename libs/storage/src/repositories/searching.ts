import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database, type Queryable } from '../database.js';
import { foundPeople, foundTerms, similarPeople, similarTerms } from './searching-sql.js';

/** How near a name comes to what was asked for. */
export enum Match {
  Exact,
  Prefix,
  Similar,
}

export interface Found {
  id: Id;
  match: Match;
  /** Followers of a person, posts of a tag or place. */
  size: number;
}

export type SearchType = 'users' | 'tags' | 'places';

/** A statement of a search has this long, in milliseconds: what is not found by then is not found. */
const PATIENCE = 250;
const CANCELLED = '57014';
/** How many of a name's trigrams a word of the query has to share. The default of 0.6 misses konard for konrad. */
const SIMILARITY = 0.4;
/** Shorter texts resemble too many, and too many words begin so for trigrams. */
const LONG = 4;
/** Of a longer text only the beginning is likened. */
const LIKENED = 40;
/** With so many that begin as asked for, nobody looks for those that resemble it. */
const ENOUGH = 10;

const isLong = (text: string): boolean => [...text.trim()].length >= LONG;

const isCancelled = (error: unknown): boolean =>
  (error as { code?: unknown; driverError?: { code?: unknown } }).code === CANCELLED;

/**
 * Candidates of a search. Each source is read along an index and up to a limit, whatever was typed; the service ranks
 * them and asks who may be seen.
 */
@Injectable()
export class SearchRows {
  constructor(private readonly database: Database) {}

  async candidates(type: SearchType, query: string, viewer: Id): Promise<Found[]> {
    const text = await this.textOf(query);
    if (text.trim() === '') return [];
    const near = await this.within((tx) => this.beginning(tx, type, text, viewer));
    if (near.length >= ENOUGH || !isLong(text)) return near;
    const known = new Set(near.map(({ id }) => id));
    const similar = await this.within((tx) => this.similar(tx, type, text));
    return [...near, ...similar.filter(({ id }) => !known.has(id))];
  }

  private async textOf(query: string): Promise<string> {
    const sql = 'SELECT search_text($1) AS text';
    const { rows } = await this.database.query<{ text: string }>('search.text', sql, [query]);
    return rows[0]?.text ?? '';
  }

  private async beginning(tx: Queryable, type: SearchType, text: string, viewer: Id): Promise<Found[]> {
    // There are fewer places than people, and their words are many: Île de Ré.
    const long = type === 'places' || isLong(text);
    const escaped = text.replace(/[\\%_]/g, '\\$&');
    const patterns = [text, `${escaped}%`, `%${escaped}%`];
    const { rows } =
      type === 'users'
        ? await tx.query<Found>('search.people', foundPeople({ long }), [
            ...patterns,
            shardOf(viewer),
            viewer,
          ])
        : await tx.query<Found>(
            `search.${type}`,
            foundTerms(type, { long }),
            patterns.slice(0, long ? 3 : 2),
          );
    return rows;
  }

  private async similar(tx: Queryable, type: SearchType, text: string): Promise<Found[]> {
    await tx.query('search.similarity', `SELECT set_config('pg_trgm.word_similarity_threshold', $1, true)`, [
      String(SIMILARITY),
    ]);
    const sql = type === 'users' ? similarPeople : similarTerms(type);
    return (await tx.query<Found>(`search.similar.${type}`, sql, [text.trim().slice(0, LIKENED)])).rows;
  }

  /**
   * The limit of time is the transaction's own: behind PgBouncer a session is not ours. No parallel workers: to start them
   * takes longer than what they would do.
   */
  private async within(work: (tx: Queryable) => Promise<Found[]>): Promise<Found[]> {
    try {
      return await this.database.transaction(async (tx) => {
        await tx.query(
          'search.patience',
          `SELECT set_config('statement_timeout', $1, true), set_config('max_parallel_workers_per_gather', '0', true)`,
          [String(PATIENCE)],
        );
        return work(tx);
      });
    } catch (error) {
      if (isCancelled(error)) return [];
      throw error;
    }
  }
}
