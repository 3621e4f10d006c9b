import { createHmac } from 'node:crypto';
import { expect, test, vi } from 'vitest';
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
    [PATH, Buffer.from(cursor, 'base64url').fill(0, 0, 1).toString('base64url')],
  ] as [string, string][])
    expect(() => cursors.read(path, text)).toThrow(expect.objectContaining({ code: 'cursor_invalid' }));
});

test('a cursor outlives its key while the ring has it', () => {
  const old = cursorsOf('old').make(PATH, '42');
  expect(cursorsOf('new', 'old').read(PATH, old)).toBe('42' satisfies Id);
  expect(() => cursors.read(PATH, old)).toThrow();
});

test('a cursor tells nothing of its position, and equal positions have equal cursors', () => {
  const bytes = Buffer.from(cursors.make(PATH, '4200000000000042'), 'base64url');
  const id = Buffer.alloc(8);
  id.writeBigUInt64BE(4_200_000_000_000_042n);
  expect(bytes.includes(id)).toBe(false);
  expect(cursorsOf('new').make(PATH, '42')).toBe(cursors.make(PATH, '42'));
  expect(cursors.make('/v1/posts/8/likes', '42')).not.toBe(cursors.make(PATH, '42'));
});

/** As releases before 0.2 made them. */
function open(path: string, id: bigint): string {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64BE(id);
  const mac = createHmac('sha256', key('new').secret).update(`cursor ${path} `).update(bytes).digest();
  return Buffer.concat([bytes, mac.subarray(0, 9)]).toString('base64url');
}

test('an open cursor of an earlier release is read for a while, but never of tags and places', () => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.UTC(2026, 11, 1) });
  expect(cursors.read(PATH, open(PATH, 42n))).toBe('42');
  expect(() => cursors.read('/v1/tags/fog/posts', open('/v1/tags/fog/posts', 42n))).toThrow();
  vi.setSystemTime(Date.UTC(2027, 2, 1));
  expect(() => cursors.read(PATH, open(PATH, 42n))).toThrow();
  vi.useRealTimers();
});

test('a position above and one below at once are refused', () => {
  const cursor = cursors.make(PATH, '5');
  expect(() => cursors.request(PATH, { limit: 1, cursor, newer: cursor })).toThrow();
});
