import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { foldTag, shardOf, shardOfText, type Id } from '@app/platform';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';

const again = readFileSync(
  new URL('./migrations/0035_failed_posts_and_dotted_i.sql', import.meta.url),
  'utf8',
);

let database: TestDatabase;
beforeAll(async () => {
  database = await freshDatabase();
});
afterAll(() => database.close());

interface Tag {
  id: Id;
  name: string;
  posts: Id[];
  delta: number;
  words: string[];
}

/** A tag as an earlier release stored it, under posts that count and posts that do not. */
async function tag(name: string, counted: readonly Id[], uncounted: readonly Id[] = []): Promise<void> {
  await database.query(
    `WITH made AS (INSERT INTO tags (shard, id, name, posts_count) VALUES ($1::int, next_id($1::int), $2::text, $3::int) RETURNING shard, id),
       said AS (INSERT INTO search_words SELECT m.shard, m.id, w.word, 'tag', w.whole, 0 FROM made m, search_words($2::text) AS w)
     INSERT INTO post_tags SELECT m.shard, m.id, p.post, p.post = ANY($4::bigint[]) FROM made m, unnest($5::bigint[]) AS p(post)`,
    [shardOfText(name), name, counted.length, counted, [...counted, ...uncounted]],
  );
}

const tags = () =>
  database.query<Tag & { shard: number }>(
    `SELECT shard, id, name,
       ARRAY(SELECT post_id::text FROM post_tags p WHERE p.shard = t.shard AND tag_id = t.id ORDER BY post_id) AS posts,
       (SELECT coalesce(sum(delta), 0)::int FROM count_deltas d WHERE d.shard = t.shard AND subject_id = t.id) AS delta,
       ARRAY(SELECT word FROM search_words w WHERE w.shard = t.shard AND subject_id = t.id) AS words
     FROM tags t ORDER BY name`,
  );

test('a tag that an older release kept with a dotted i is one with the tag that it is now', async () => {
  await tag('fog', ['1']);
  await tag('istanbul', ['1', '2']);
  await tag('i\u0307stanbul', ['2', '3'], ['4']);
  await tag('i\u0307zmi\u0307r', ['5']);
  for (const _ of [1, 2]) await database.query(again);
  const now = await tags();
  expect(now).toMatchObject([
    { name: 'fog', posts: ['1'], delta: 0 },
    { name: 'istanbul', posts: ['1', '2', '3', '4'], delta: 1, words: ['istanbul'] },
    { name: 'izmir', posts: ['5'], delta: 1, words: ['izmir'] },
  ]);
  for (const { id, name, shard } of now) {
    expect(foldTag(name)).toBe(name);
    expect([shard, shardOf(id)]).toEqual([shardOfText(name), shardOfText(name)]);
  }
  const [left] = await database.query<{ count: string }>(
    `SELECT count(*) FROM post_tags p WHERE NOT EXISTS (SELECT 1 FROM tags t WHERE t.shard = p.shard AND t.id = p.tag_id)`,
  );
  expect(left?.count).toBe('0');
});
