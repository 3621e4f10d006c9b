import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { judgeStatements, shardless } from './shards.mjs';

describe('a shard', () => {
  test.each([
    'SELECT * FROM users WHERE shard = $1 AND id = $2',
    'SELECT p.* FROM unnest($1::int[], $2::bigint[]) AS w(shard, id) JOIN posts p ON p.shard = w.shard AND p.id = w.id',
    'SELECT 1 FROM posts p JOIN users u ON u.shard = p.shard AND u.id = p.author_id WHERE p.shard = ANY($1)',
    'SELECT 1 FROM unnest($1::bigint[]) AS a(id) JOIN posts p ON p.shard = shard_of(a.id) AND p.id = a.id',
    'WITH t AS (DELETE FROM trash WHERE shard = $1 RETURNING shard, id) DELETE FROM photos p USING t WHERE p.shard = t.shard',
    'INSERT INTO users (shard, id) VALUES ($1::int, next_id($1::int))',
    'INSERT INTO saves (shard, id) SELECT w.shard, 1 FROM unnest($1::int[]) AS w(shard) ON CONFLICT DO NOTHING',
    'SELECT user_id FROM usernames WHERE username = $1',
  ])('is named in %s', (sql) => {
    expect(shardless(sql)).toEqual([]);
  });

  test.each([
    ['comments', 'SELECT id FROM comments WHERE author_id = $1'],
    ['posts', 'SELECT id FROM posts WHERE shard = $1 OR id = $2'],
    ['u', 'SELECT 1 FROM usernames n JOIN users u ON u.shard = shard_of(n.user_id) AND u.id = n.user_id'],
    ['f', 'SELECT 1 WHERE EXISTS (SELECT FROM follows f WHERE f.follower_id = $1)'],
    [
      'p',
      'WITH a AS (SELECT post_id FROM likes WHERE shard = $1) SELECT 1 FROM a JOIN posts p ON p.shard = shard_of(a.post_id)',
    ],
    [
      'p',
      'UPDATE photos SET attempt = 1 FROM (SELECT p.shard FROM photos p) AS n WHERE photos.shard = n.shard',
    ],
    ['trash', 'INSERT INTO trash (shard, id) SELECT shard_of(n.user_id), 1 FROM usernames n'],
  ])('of %s is not named in %s', (table, sql) => {
    expect(shardless(sql)).toEqual([table]);
  });
});

test('the allow-list is neither short nor long', () => {
  const folder = mkdtempSync(join(tmpdir(), 'statements-'));
  const [heard, allowed] = [join(folder, 'heard'), join(folder, 'allowed')];
  const judged = (names: string) => {
    writeFileSync(allowed, names);
    return () => judgeStatements(heard, allowed);
  };
  expect(judged('')).not.toThrow();
  const lines = [
    { name: 'post.find', sql: 'SELECT 1 FROM posts WHERE shard = $1' },
    { name: 'post.sweep', sql: 'SELECT 1 FROM posts' },
  ];
  writeFileSync(heard, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  expect(judged('post.sweep\n')).not.toThrow();
  expect(judged('post.unheard\npost.sweep\n')).not.toThrow();
  expect(judged('')).toThrow(
    'expected post.sweep to name the shard by a parameter but received none for posts',
  );
  expect(judged('post.find\npost.sweep\n')).toThrow('expected post.find no longer in');
});
