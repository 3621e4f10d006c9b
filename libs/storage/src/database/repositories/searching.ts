import { Injectable } from '@nestjs/common';
import { counter, isAway, shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import { keyOf, type Queryable } from '../queryable.js';
import { foundPeople, foundTerms, lettersOf, similarPeople, similarTerms } from './searching-sql.js';

/** How closely a name matches the query. */
export enum Match {
  Exact,
  Prefix,
  Similar,
}

/** How a found person relates to the viewer; tags and places are strangers to everybody. */
export enum Near {
  Mutual,
  Following,
  FollowedBy,
  Stranger,
}

export interface Found {
  id: Id;
  near: Near;
  match: Match;
  /** Followers of a person, posts of a tag or place. */
  size: number;
}

/** The results of a search, best first; not `complete` when the similarity search timed out. */
export interface Findings {
  found: Found[];
  complete: boolean;
}

export type SearchType = 'users' | 'tags' | 'places';

/** The similarity search has this long, in milliseconds: common trigrams cost by how many names have them. */
const PATIENCE = 100;
const CANCELLED = '57014';
/** The share of a word's trigrams that a name must have. The default of 0.6 misses konard for konrad. */
const SIMILARITY = 0.4;
/** Shorter words resemble too many. Letters and digits: trigrams ignore all else, and without any all names would be read. */
const LONG = 4;
/** Only the beginning of a longer word is compared: each further trigram is one more list to read. */
const LIKENED = 12;
/** The longest word is compared, and if nothing resembles it, the next: the typo may be in either. */
const WORDS = 2;
/** With this many prefix matches, the similarity search is skipped. */
const ENOUGH = 10;

const kinds = { users: 'user', tags: 'tag', places: 'place' } as const;

const isCancelled = (error: unknown): boolean => (error as { code?: unknown }).code === CANCELLED;

/** The longest words, cut to the compared length. */
function likened(text: string): string[] {
  const words = [...new Set(text.match(/[\p{L}\p{N}]+/gu))].map((word) => [...word]);
  return words
    .filter(({ length }) => length >= LONG)
    .sort((a, b) => b.length - a.length)
    .slice(0, WORDS)
    .map((letters) => letters.slice(0, LIKENED).join(''));
}

/** Searches. Each source is read along an index and up to a limit, whatever was typed; visibility is checked later. */
@Injectable()
export class SearchRows {
  constructor(private readonly database: Database) {}

  async candidates(type: SearchType, query: string, viewer: Id): Promise<Findings> {
    const text = await this.textOf(query);
    if (text === '') return { found: [], complete: true };
    const near = await this.beginning(type, text, viewer);
    const words = likened(text);
    if (near.length >= ENOUGH || words.length === 0) return { found: near, complete: true };
    const similar = await this.similar(type, text, words, viewer);
    const known = new Set(near.map(({ id }) => id));
    return {
      found: [...near, ...(similar ?? []).filter(({ id }) => !known.has(id))],
      complete: similar !== null,
    };
  }

  private async textOf(query: string): Promise<string> {
    const sql = 'SELECT btrim(search_text($1)) AS text';
    return (await this.database.value<string>('search.text', sql, [query])) ?? '';
  }

  private async beginning(type: SearchType, text: string, viewer: Id): Promise<Found[]> {
    const letters = lettersOf(text);
    const pattern = `${text.replace(/[\\%_]/g, '\\$&')}%`;
    const first = [...text].slice(0, letters).join('');
    const kind = kinds[type];
    const [sql, parameters] =
      kind === 'user'
        ? [foundPeople(letters), [pattern, first, shardOf(viewer), viewer, text]]
        : [foundTerms(kind, letters), [pattern, first, text]];
    return (await this.database.query<Found>(`search.${type}`, sql, parameters)).rows;
  }

  /** Null when it timed out. */
  private async similar(
    type: SearchType,
    text: string,
    words: readonly string[],
    viewer: Id,
  ): Promise<Found[] | null> {
    const kind = kinds[type];
    const [sql, more] = kind === 'user' ? [similarPeople, keyOf(viewer)] : [similarTerms(kind), []];
    try {
      return await this.database.transaction(
        async (tx) => {
          await this.limit(tx);
          for (const word of words) {
            const { rows } = await tx.query<Found>(`search.similar.${type}`, sql, [word, text, ...more]);
            if (rows.length > 0) return rows;
          }
          return [];
        },
        { onlyReads: true },
      );
    } catch (error) {
      // Without a primary the replica has answered the rest of the search.
      if (isAway(error)) return null;
      if (!isCancelled(error)) throw error;
      counter('narwhal_search_cut_total').inc({ type });
      return null;
    }
  }

  /**
   * The time-out is the transaction's own: behind PgBouncer the connection is shared. No parallel workers: starting them
   * takes longer than their work.
   */
  private async limit(tx: Queryable): Promise<void> {
    await tx.query(
      'search.patience',
      `SELECT set_config('statement_timeout', $1, true), set_config('max_parallel_workers_per_gather', '0', true),
         set_config('pg_trgm.word_similarity_threshold', $2, true)`,
      [String(PATIENCE), String(SIMILARITY)],
    );
  }
}
