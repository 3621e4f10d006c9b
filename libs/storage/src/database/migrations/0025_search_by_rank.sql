-- transaction: none
-- With the rank in the index, a search fetches the rows of the 200 that it answers, not of all 600 that begin so.
CREATE INDEX CONCURRENTLY IF NOT EXISTS search_words_new ON search_words (kind, word text_pattern_ops) INCLUDE (subject_id, rank);
DROP INDEX CONCURRENTLY IF EXISTS search_words_beginning;
ALTER INDEX search_words_new RENAME TO search_words_beginning;
