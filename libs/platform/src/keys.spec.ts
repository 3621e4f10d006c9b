import fc from 'fast-check';
import { expect, test } from 'vitest';
import { shardOf } from './ids.js';
import { BUCKETS, bucketOf, keys } from './keys.js';

test('a bucket is the shard’s low bits, for every id', () => {
  const anyId = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String);
  fc.assert(
    fc.property(anyId, (id) => {
      expect(bucketOf(id)).toBe(shardOf(id) % BUCKETS);
    }),
    { numRuns: 2_000, examples: [['1'], ['999999999'], ['1000000000'], ['9223372036854775807']] },
  );
});

test('keys of one person stand in one bucket, and an epoch in each of them', () => {
  const id = '235968025520574528';
  const spelt = [
    keys.homeFeed,
    keys.reader,
    keys.relations,
    keys.authorFeed,
    keys.liked,
    keys.saved,
    keys.user,
  ];
  for (const spell of spelt)
    expect(spell('7', id)).toMatch(new RegExp(`^nw:\\{${bucketOf(id)}\\}:7:\\w+:${id}$`));
});
