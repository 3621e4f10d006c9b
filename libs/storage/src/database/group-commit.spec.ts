import { expect, test } from 'vitest';
import { GroupCommit } from './group-commit.js';

interface Wish {
  name: string;
  value: number;
}

/** Resolves each wish with its value, on demand. */
function slowly({ atOnce = 1, most = 100 } = {}) {
  const batches: { wishes: Wish[]; end: () => void }[] = [];
  const together = new GroupCommit<Wish, number>(
    (wishes) =>
      new Promise((resolve) =>
        batches.push({ wishes, end: () => resolve(wishes.map(({ value }) => value)) }),
      ),
    { nameOf: ({ name }) => name, most, atOnce },
  );
  return { batches, together, sizes: () => batches.map(({ wishes }) => wishes.length) };
}

const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 3; turn += 1) await new Promise((over) => setImmediate(over));
};

test('what comes while one is under way goes together, and each has its own answer', async () => {
  const { batches, together, sizes } = slowly();
  const first = together.add({ name: 'ada', value: 0 });
  await turns();
  const others = [1, 2, 3].map((value) => together.add({ name: `fan${value}`, value }));
  await turns();
  expect(sizes()).toEqual([1]);
  batches[0]?.end();
  expect(await first).toBe(0);
  await turns();
  expect(sizes()).toEqual([1, 3]);
  batches[1]?.end();
  expect(await Promise.all(others)).toEqual([1, 2, 3]);
});

test('two of one name are never under way at once, and come in their order', async () => {
  const { batches, together, sizes } = slowly({ atOnce: 2 });
  const same = [1, 2].map((value) => together.add({ name: 'ada', value }));
  await turns();
  const other = together.add({ name: 'grace', value: 3 });
  await turns();
  expect(batches.map(({ wishes }) => wishes.map(({ value }) => value))).toEqual([[1], [3]]);
  batches[1]?.end();
  batches[0]?.end();
  expect([await other, await same[0]]).toEqual([3, 1]);
  await turns();
  batches[2]?.end();
  expect(await same[1]).toBe(2);
  expect(sizes()).toEqual([1, 1, 1]);
});

test('no more than the most go together', async () => {
  const { batches, together, sizes } = slowly({ most: 2 });
  const all = [1, 2, 3].map((value) => together.add({ name: String(value), value }));
  await turns();
  batches[0]?.end();
  await turns();
  batches[1]?.end();
  expect(await Promise.all(all)).toEqual([1, 2, 3]);
  expect(sizes()).toEqual([2, 1]);
});

/** Refuses any batch with a 13. */
function superstitious(code: string) {
  const sizes: number[] = [];
  const together = new GroupCommit<Wish, number>(
    (wishes) => {
      sizes.push(wishes.length);
      const bad = wishes.some(({ value }) => value === 13);
      return bad
        ? Promise.reject(Object.assign(new Error('unlucky'), { code }))
        : Promise.resolve(wishes.map(({ value }) => value));
    },
    { nameOf: ({ value }) => String(value), most: 100, atOnce: 1 },
  );
  return { sizes, all: Promise.allSettled([12, 13, 14].map((value) => together.add({ name: '', value }))) };
}

test('one that PostgreSQL refuses spoils nothing for the others', async () => {
  const { all, sizes } = superstitious('22003');
  expect((await all).map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(sizes).toEqual([3, 1, 1, 1]);
});

test('where nobody answers, all hear of it at once', async () => {
  const { all, sizes } = superstitious('ECONNREFUSED');
  expect((await all).map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
  expect(sizes).toEqual([3]);
});
