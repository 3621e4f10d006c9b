import type { Id } from '@app/platform';
import { Comments, Relations } from '@app/domain';
import { Database, nowhere, UnitOfWork } from '@app/storage';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { domainRoom, type DomainRoom } from '../../../../test/harness/domain-room.js';
import { HttpModule } from '../http/http.module.js';
import { CommentLists } from './comment-lists.js';
import { CommentView } from './comment-view.js';
import { CommentsModule } from './comments.module.js';
import type { CommentListInput, CommentThread } from './comments.schemas.js';

let room: DomainRoom;
let ada: Id;
let grace: Id;
let mary: Id;

beforeAll(async () => {
  room = await domainRoom(HttpModule, CommentsModule);
  [ada, grace, mary] = [await room.person(), await room.person(), await room.person()];
});
afterAll(() => room.close());

const say = (author: Id, post: Id, replyTo?: Id): Promise<Id> =>
  room
    .get(UnitOfWork)
    .run((tx) => room.get(Comments).create(tx, author, post, { text: 'Fog', entities: [], replyTo }));

async function several(count: number, author: Id, post: Id, replyTo?: Id): Promise<Id[]> {
  const made: Id[] = [];
  for (let n = 0; n < count; n += 1) made.push(await say(author, post, replyTo));
  return made;
}

type Where = Pick<CommentListInput, 'cursor' | 'newer' | 'sort'> & { limit?: number };
const path = (id: Id) => `/v1/posts/${id}/comments`;
const page = async (post: Id, where: Where, viewer: Id | null = null) =>
  room.get(CommentLists).ofPost(path(post), { id: post, limit: 3, ...where }, viewer);
const threads = async (post: Id, viewer: Id | null = null): Promise<CommentThread[]> =>
  (await page(post, { sort: 'oldest', limit: 50 }, viewer)).items as CommentThread[];
const replies = async (id: Id, where: Where = {}, viewer: Id | null = null) =>
  room.get(CommentLists).replies(`/v1/comments/${id}/replies`, { id, limit: 3, ...where }, viewer);
const idsOf = ({ items }: { items: readonly { id: Id }[] }): Id[] => items.map(({ id }) => id);

const liked = (id: Id, likes: number) =>
  room.database.query('UPDATE comments SET likes_count = $2 WHERE id = $1', [id, likes]);

/** All pages downwards; each must be reached again from the one below it. */
async function walked(read: (where: Where) => ReturnType<typeof replies>): Promise<Id[]> {
  let last = await read({});
  const found = idsOf(last);
  while (last.nextCursor !== null) {
    const next = await read({ cursor: last.nextCursor });
    if (next.items.length > 0) {
      const above = await read({ newer: next.prevCursor ?? '' });
      expect(idsOf(above)).toEqual(idsOf(last));
    }
    found.push(...idsOf(next));
    last = next;
  }
  return found;
}

test('threads go by age in both directions, and by likes; of equals the newest is first', async () => {
  const post = await room.postOf(ada);
  const roots: Id[] = [];
  for (let n = 0; n < 8; n += 1) {
    const root = await say(grace, post);
    roots.push(root);
    await several(n % 4, mary, post, root);
  }
  for (const [index, likes] of [2, 0, 5, 2, 0, 5, 1, 2].entries()) await liked(roots[index] ?? '', likes);
  const sorted = (sort: Where['sort']) => walked((where) => page(post, { sort, ...where }));
  expect(await sorted('oldest')).toEqual(roots);
  expect(await sorted('newest')).toEqual(roots.toReversed());
  expect(await sorted('top')).toEqual([5, 2, 7, 3, 0, 6, 4, 1].map((index) => roots[index]));
  const all = await page(post, { limit: 50 });
  expect(all.items).toHaveLength(8 + 12);
  expect(all.items.filter((item) => 'replies' in item)).toEqual([]);
});

test('a page by likes goes on where the one before ended, whatever is liked meanwhile', async () => {
  const post = await room.postOf(ada);
  const roots = await several(6, grace, post);
  for (const [index, root] of roots.entries()) await liked(root, index);
  const first = await page(post, { sort: 'top' });
  expect(idsOf(first)).toEqual([roots[5], roots[4], roots[3]]);
  await liked(roots[3] ?? '', 9);
  await liked(roots[4] ?? '', 0);
  const second = await page(post, { sort: 'top', cursor: first.nextCursor ?? '' });
  expect(idsOf(second)).toEqual([roots[2], roots[1], roots[4]]);
});

test('a cursor leads on in its own order only', async () => {
  const post = await room.postOf(ada);
  await several(4, grace, post);
  const refused = { code: 'cursor_invalid' };
  const orders = ['oldest', 'newest', 'top', undefined] as const;
  for (const sort of orders) {
    const { nextCursor, prevCursor } = await page(post, { sort });
    const [cursor, newer] = [nextCursor ?? '', prevCursor ?? ''];
    await expect(page(post, { sort, cursor, newer })).rejects.toMatchObject(refused);
    for (const other of orders.filter((one) => one !== sort))
      await expect(page(post, { sort: other, cursor })).rejects.toMatchObject(refused);
  }
});

test('a root has its two oldest replies and the number of all, however deep they answer each other', async () => {
  const post = await room.postOf(ada);
  const root = await say(grace, post);
  const [first = '', second = '', third = ''] = await several(3, mary, post, root);
  const deeper = await say(grace, post, first);
  const deepest = await say(mary, post, deeper);
  const [thread, ...others] = await threads(post);
  expect(others).toEqual([]);
  expect(thread).toMatchObject({
    id: root,
    counts: { replies: 5 },
    replies: { count: 5, first: [{ id: first, counts: { replies: 1 } }, { id: second }] },
  });
  expect(await walked((where) => replies(root, { limit: 2, ...where }))).toEqual([
    first,
    second,
    third,
    deeper,
    deepest,
  ]);
  const below = await replies(first);
  expect(below.items).toMatchObject([{ id: deeper, replyTo: first, counts: { replies: 1 } }]);
  expect(below.nextCursor).toBeNull();
  expect(idsOf(await replies(deepest))).toEqual([]);
});

test('a deleted root stays for its replies as a gap, and so does a deleted reply for those to it', async () => {
  const post = await room.postOf(ada);
  const root = await say(grace, post);
  const first = await say(mary, post, root);
  const deeper = await say(grace, post, first);
  await room.get(Comments).remove(grace, root, nowhere);
  await room.get(Comments).remove(mary, first, nowhere);
  const gap = { author: null, text: null, deleted: true };
  expect(await threads(post)).toMatchObject([
    {
      id: root,
      ...gap,
      replies: {
        count: 1,
        first: [
          { id: first, ...gap },
          { id: deeper, replyTo: first },
        ],
      },
    },
  ]);
  expect(idsOf(await replies(root))).toEqual([first, deeper]);
  expect(idsOf(await replies(first))).toEqual([deeper]);
  await expect(say(mary, post, first)).rejects.toMatchObject({ code: 'reply_not_allowed' });
  await room.get(Comments).remove(grace, deeper, nowhere);
  expect(await threads(post)).toMatchObject([{ id: root, replies: { count: 0, first: [{ id: first }] } }]);
});

test('what a viewer may not see is in no thread, and hides its replies', async () => {
  const [post, other] = [await room.postOf(ada), await room.person()];
  const [shown, theirs] = [await say(grace, post), await say(other, post)];
  const [reply, answered] = [await say(other, post, shown), await say(mary, post, shown)];
  await say(mary, post, theirs);
  await room.get(Relations).block(grace, other);
  expect((await threads(post, mary)).map(({ id }) => id)).toEqual([shown, theirs]);
  expect(await threads(post, grace)).toMatchObject([{ id: shown, replies: { first: [{ id: answered }] } }]);
  expect(idsOf(await replies(shown, {}, grace))).toEqual([answered]);
  const hidden = { code: 'not_found' };
  for (const id of [theirs, reply, post, '1'])
    await expect(replies(id, {}, grace)).rejects.toMatchObject(hidden);

  await room.get(Relations).block(ada, other);
  await room.database.query('UPDATE comments SET hidden = true WHERE author_id = $1', [other]);
  expect(await threads(post)).toMatchObject([{ id: shown, replies: { first: [{ id: answered }] } }]);
  await expect(replies(theirs)).rejects.toMatchObject(hidden);
  await room.database.query('UPDATE posts SET archived = true WHERE id = $1', [post]);
  await expect(replies(shown, {}, mary)).rejects.toMatchObject(hidden);
  await expect(page(post, { sort: 'top' }, mary)).rejects.toMatchObject(hidden);
  expect(idsOf(await replies(shown, {}, ada))).toEqual([answered]);
});

test('a page of twenty threads takes as many statements as a page of one', async () => {
  const post = await room.postOf(ada);
  const asked = vi.spyOn(Database.prototype, 'query');
  const taken = async (sort: Where['sort']) => {
    asked.mockClear();
    const { items } = await page(post, { sort, limit: 20 }, mary);
    return { shown: items.length, names: asked.mock.calls.map(([name]) => name).toSorted() };
  };
  const root = await say(grace, post);
  await several(3, mary, post, root);
  const before = await taken('top');
  expect([before.shown, before.names.length > 3]).toEqual([1, true]);
  for (const next of await several(24, grace, post)) await several(2, mary, post, next);
  for (const sort of ['top', 'oldest', 'newest'] as const) {
    const { shown, names } = await taken(sort);
    expect(shown).toBe(20);
    expect(names).toHaveLength(before.names.length);
  }
  asked.mockRestore();
});

const setPrivate = (user: Id, to: boolean) =>
  room.database.query('UPDATE users SET private = $2 WHERE id = $1', [user, to]);

test.each(['the author of the post', 'the author of the comment'])(
  'a comment is told to whoever has just made it, though %s has turned private in between',
  async (who) => {
    const [post, view] = [await room.postOf(ada), room.get(CommentView)];
    const made = await say(grace, post);
    await setPrivate(who === 'the author of the post' ? ada : grace, true);
    const told = await view.showMade(made, grace);
    expect(told).toMatchObject({ id: made, postId: post, author: { id: grace }, text: 'Fog' });
    // It is not to be seen below a post that is not: only the answer to its author tells of it.
    expect((await view.find(made, grace)) === null).toBe(who === 'the author of the post');
    await setPrivate(ada, false);
    await setPrivate(grace, false);
    await room.get(Comments).remove(grace, made, nowhere);
    await expect(view.showMade(made, grace)).rejects.toMatchObject({ code: 'gone' });
  },
);
