import { counter, type CounterSeries } from '@app/platform';

/** Where an answer came from: this process's memory, Redis, or PostgreSQL because neither had it. */
export type AnsweredFrom = 'near' | 'redis' | 'postgres';

/** Counts what is read through one cache. Its series are bound here, since these are the most frequent of all reads. */
export function cacheReads(
  cache: 'session' | 'feed' | 'marks' | 'counts' | 'post',
): Record<AnsweredFrom, CounterSeries> {
  const from = (answered: AnsweredFrom) =>
    counter('narwhal_cache_reads_total').labels({ cache, from: answered });
  return { near: from('near'), redis: from('redis'), postgres: from('postgres') };
}
