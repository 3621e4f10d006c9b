import { counter, type ValueSeries } from '@app/platform';

/** The source of an answer: this process's memory, Redis, or PostgreSQL because neither had it. */
export type AnsweredFrom = 'near' | 'redis' | 'postgres';

/** Counts the reads of one cache. Its series are bound here, because these are the most frequent reads. */
export function cacheReads(
  cache: 'session' | 'feed' | 'marks' | 'counts' | 'post',
): Record<AnsweredFrom, ValueSeries> {
  const from = (answered: AnsweredFrom) =>
    counter('narwhal_cache_reads_total').labels({ cache, from: answered });
  return { near: from('near'), redis: from('redis'), postgres: from('postgres') };
}
