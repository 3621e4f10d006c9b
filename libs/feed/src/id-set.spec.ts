import fc from 'fast-check';
import { expect, test } from 'vitest';
import { IdSet } from './id-set.js';

const anyId = fc.bigInt({ min: 1n, max: 2n ** 63n - 1n }).map(String);

test('a set of ids has what was put in, and its neighbours only if they were, packed or not', () => {
  const property = fc.property(fc.uniqueArray(anyId, { maxLength: 50 }), (ids) => {
    for (const set of [IdSet.of(ids), IdSet.unpack(IdSet.of(ids).pack())]) {
      expect(set.size).toBe(ids.length);
      for (const id of ids) {
        expect(set.has(id)).toBe(true);
        const neighbour = String(BigInt(id) + 1n);
        expect(set.has(neighbour)).toBe(ids.includes(neighbour));
      }
    }
  });
  fc.assert(property);
});
