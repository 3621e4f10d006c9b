import { withClient } from '../tools/dev/postgres.ts';

const AUTHORS = 200;
const FOLLOWED = 50;
const LARGE = 100;
const POSTS = 1_600;

/** People with a profile picture. */
const people = `
  WITH made AS (SELECT n, next_id((random() * 8191)::int) AS id FROM generate_series(1, $1::int) n)
  INSERT INTO users (shard, id, username, display_name, email, password_hash, avatar_folder)
  SELECT shard_of(id), id, $2 || n, 'Author number ' || n, $2 || n || '@example.org', '',
    overlay(md5(id::text) placing '/' from 3 for 0)
  FROM made`;

/** Authors above the fan-out threshold. */
const grow = `
  UPDATE users SET audience = 2, newest_unfanned_post_id = (SELECT max(id) FROM posts WHERE author_id = users.id)
  WHERE username LIKE 'large%'`;

/** Each reader follows a different sample of them. */
const follows = `
  INSERT INTO follows (shard, follower_id, followee_id, id)
  SELECT shard_of(reader), reader, author, next_id(shard_of(reader))
  FROM unnest($1::bigint[]) AS reader
  CROSS JOIN LATERAL (
    SELECT id AS author FROM users WHERE username LIKE $3 ORDER BY hashint8(id # reader) LIMIT $2::int) chosen`;

const posts = `
  INSERT INTO posts (shard, id, author_id, state, caption, published_at)
  SELECT shard, next_id(shard), id, 'published', repeat('Low tide, and nobody on the sand. ', 1 + n % 4), now()
  FROM (SELECT n, (SELECT array_agg(id ORDER BY hashint8(id)) FROM users WHERE username ~ '^(author|large)') AS ids
        FROM generate_series(0, $1::int - 1) n) numbers
  JOIN users ON users.id = ids[1 + n % array_length(ids, 1)] AND users.shard = shard_of(users.id)
  ORDER BY n`;

/** This many in each post, as the workers would leave them. */
export const photos = `
  INSERT INTO photos (shard, id, owner_id, post_id, position, state, folder, bytes, type, alt_text, width, height,
    thumbhash, color, renditions, settled_at)
  SELECT shard_of(author_id), next_id(shard_of(author_id)), author_id, id, position, 'ready', overlay(md5(id::text) placing '/' from 3 for 0),
    3000000, 'image/jpeg', 'A beach at low tide', 3024, 4032, 'IQgGFwJ3dyh4hYiHd3iId3aIB3CGdwg=', '#8a6f52',
    '{"square150":{"width":150,"height":150,"bytes":9000},"w320":{"width":320,"height":427,"bytes":20000},
      "w640":{"width":640,"height":853,"bytes":60000},"w1080":{"width":1080,"height":1440,"bytes":150000},
      "jpeg1080":{"width":1080,"height":1440,"bytes":250000}}'::jsonb, now()
  FROM posts CROSS JOIN generate_series(0, $1::int - 1) position`;

/**
 * People with one photo in each of their posts, as the workers would leave them. Each reader follows fifty of them; each of
 * `manyLarge` also follows a hundred large authors, whose posts lie among the others.
 */
export async function fillFeed(
  databaseUrl: string,
  { readers, manyLarge = [] }: { readers: readonly string[]; manyLarge?: readonly string[] },
): Promise<void> {
  await withClient(databaseUrl, async (client) => {
    await client.query(people, [AUTHORS, 'author']);
    if (manyLarge.length > 0) await client.query(people, [LARGE, 'large']);
    await client.query(follows, [[...readers, ...manyLarge], FOLLOWED, 'author%']);
    await client.query(follows, [manyLarge, LARGE, 'large%']);
    await client.query(posts, [POSTS]);
    await client.query(photos, [1]);
    await client.query(grow);
    await client.query('ANALYZE');
  });
}
