import { expect, test } from 'vitest';
import type { Id } from '@app/platform';
import { Cursors, type PageRequest } from './cursors.js';

const PATH = '/v1/posts/7/likes';
const key = (id: string) => ({ id, secret: `${id} secret of thirty-two characters` });
const cursorsOf = (...ids: string[]): Cursors => new Cursors({ TOKEN_KEYS: ids.map(key) } as never);
const cursors = cursorsOf('new');

/** Nine rows, newest first, as a repository reads them. */
const rows = ['9', '8', '7', '6', '5', '4', '3', '2', '1'].map((id) => ({ id }));
const scan = ({ limit, before, after }: PageRequest) => {
  const found = rows.filter(({ id }) => (before === null || id < before) && (after === null || id > after));
  return Promise.resolve(after === null ? found.slice(0, limit) : found.slice(-limit));
};
const read = (input: { cursor?: string | null; newer?: string | null; limit?: number }) =>
  cursors.list(
    PATH,
    { limit: input.limit ?? 4, cursor: input.cursor ?? undefined, newer: input.newer ?? undefined },
    scan,
    (shown) => shown.map(({ id }) => id),
  );

test('pages lead down a list to its end, and up again, without a gap or a repeat', async () => {
  const first = await read({});
  const second = await read({ cursor: first.nextCursor });
  const third = await read({ cursor: second.nextCursor });
  expect([first.items, second.items, third.items]).toEqual([
    ['9', '8', '7', '6'],
    ['5', '4', '3', '2'],
    ['1'],
  ]);
  expect(third.nextCursor).toBeNull();
  expect((await read({ newer: third.prevCursor })).items).toEqual(second.items);
  expect((await read({ newer: second.prevCursor })).items).toEqual(first.items);
});

test('a page that holds exactly the rest leads nowhere', async () => {
  expect((await read({ limit: 9 })).nextCursor).toBeNull();
  expect((await read({ limit: 8 })).nextCursor).not.toBeNull();
});

test('what leads up from an empty page is the cursor that led there', async () => {
  const { prevCursor } = await read({});
  const above = await read({ newer: prevCursor });
  expect(above).toMatchObject({ items: [], nextCursor: null, prevCursor });
});

test('a cursor is bound to its path, and no other text is one', () => {
  const cursor = cursors.make(PATH, '42');
  expect(cursors.read(PATH, cursor)).toBe('42');
  for (const [path, text] of [
    ['/v1/posts/8/likes', cursor],
    [PATH, `${cursor}=`],
    [PATH, cursor.slice(1)],
    [PATH, ''],
    [PATH, cursors.seal(PATH, Buffer.alloc(8))],
  ] as [string, string][])
    expect(() => cursors.read(path, text)).toThrow(expect.objectContaining({ code: 'cursor_invalid' }));
});

test('a cursor outlives its key while the ring has it', () => {
  const old = cursorsOf('old').make(PATH, '42');
  expect(cursorsOf('new', 'old').read(PATH, old)).toBe('42' satisfies Id);
  expect(() => cursors.read(PATH, old)).toThrow();
});

test('a position above and one below at once are refused', () => {
  const cursor = cursors.make(PATH, '5');
  expect(() => cursors.request(PATH, { limit: 1, cursor, newer: cursor })).toThrow();
});
