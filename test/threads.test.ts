import request from 'supertest';
import { beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { faults, refused } from './harness/answers.js';
import { conforms } from './harness/conforms.js';
import type { Comment, CommentThread, Page, Post } from './harness/contract.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { sharedStack } from './harness/shared-stack.js';
import type { Stack } from './harness/stack.js';

let stack: Stack;
let ada: Person;
let grace: Person;
let post: Post;
let seed = 7_300;

beforeAll(async () => {
  stack = await sharedStack();
  [ada, grace] = await Promise.all([signUp(stack, 'ada'), signUp(stack, 'grace')]);
});

beforeEach(async () => {
  post = await ada.post([await ada.upload(await drawn({ width: 64, height: 64, seed: (seed += 1) }))]);
});

async function read<Item>(path: string, person = grace): Promise<Page<Item>> {
  const answer = await person.request('get', path).expect(200);
  conforms('GET', path, answer);
  return answer.body as Page<Item>;
}

const threads = (sort: string, query = '') =>
  read<CommentThread>(`/v1/posts/${post.id}/comments?sort=${sort}${query}`);
const repliesTo = ({ id }: { id: string }, query = '') => read<Comment>(`/v1/comments/${id}/replies${query}`);
const ids = ({ items }: { items: readonly { id: string }[] }) => items.map(({ id }) => id);

describe('threads', () => {
  test('are the comments that answer none, each with its first replies, in three orders', async () => {
    const first = await grace.comment(post, 'Where is this?');
    const second = await grace.comment(post, 'Lovely');
    const reply = await ada.comment(post, 'In Skagen', first);
    const deeper = await grace.comment(post, 'Thank you', reply);
    const last = await ada.comment(post, 'Go there', first);
    await ada.request('put', `/v1/comments/${first.id}/like`).expect(200);
    await stack.folded();

    const { items, ...ends } = await threads('oldest');
    expect(ends).toEqual({ nextCursor: null, prevCursor: expect.any(String) as string });
    expect(items.map(({ id, replies }) => [id, replies.count, ids({ items: replies.first })])).toEqual([
      [first.id, 3, [reply.id, deeper.id]],
      [second.id, 0, []],
    ]);
    const [thread] = items;
    expect(thread).toMatchObject({ replyTo: null, counts: { likes: 1, replies: 3 } });
    expect(thread?.replies.first).toEqual([
      { ...reply, counts: { likes: 0, replies: 1 } },
      { ...deeper, replyTo: reply.id },
    ]);
    expect(ids(await threads('newest'))).toEqual([second.id, first.id]);
    expect(ids(await threads('top'))).toEqual([first.id, second.id]);
    const rest = await repliesTo(first, '?limit=1');
    expect(ids(rest)).toEqual([reply.id]);
    expect(ids(await repliesTo(first, `?cursor=${rest.nextCursor}`))).toEqual([deeper.id, last.id]);
    expect(ids(await repliesTo(reply))).toEqual([deeper.id]);

    const all = await read<Comment>(`/v1/posts/${post.id}/comments`);
    expect(ids(all)).toEqual([first.id, second.id, reply.id, deeper.id, last.id]);
    for (const comment of all.items) expect(comment).not.toHaveProperty('replies');
  });

  test('go on by cursors of their order, with the order in their links', async () => {
    for (let said = 0; said < 3; said += 1) await grace.comment(post, `Number ${said}`);
    const path = `/v1/posts/${post.id}/comments`;
    const answer = await grace.request('get', `${path}?sort=top&limit=2`).expect(200);
    expect(answer.headers['link']).toContain('sort=top');
    const { nextCursor, items } = answer.body as Page<CommentThread>;
    expect((await threads('top', `&limit=2&cursor=${nextCursor}`)).items).toHaveLength(1);
    expect(items).toHaveLength(2);
    for (const other of [`sort=newest&cursor=${nextCursor}`, `cursor=${nextCursor}`, 'sort=top&cursor=A0ft'])
      refused(await grace.request('get', `${path}?${other}`), 400, 'cursor_invalid');
    expect(faults(await grace.request('get', `${path}?sort=worst`))).toEqual(['sort not_allowed']);
    expect(faults(await grace.request('get', `${path}?sort=top&limit=0`))).toEqual(['limit too_small']);
  });

  test('are read without a token, and those of what is not there are not found', async () => {
    const root = await grace.comment(post, 'Lovely');
    await ada.comment(post, 'Thank you', root);
    const open = await request(stack.url).get(`/v1/comments/${root.id}/replies`).expect(200);
    expect((open.body as Page<Comment>).items).toHaveLength(1);
    for (const id of [post.id, '1', 'root'])
      refused(await grace.request('get', `/v1/comments/${id}/replies`), 404, 'not_found');
    await ada.request('delete', `/v1/posts/${post.id}`).expect(204);
    refused(await grace.request('get', `/v1/comments/${root.id}/replies`), 404, 'not_found');
    await stack.folded();
    const left = await stack.database.query('SELECT 1 FROM comments WHERE post_id = $1', [post.id]);
    expect(left).toEqual([]);
  });

  test('lose what an erased account said in them, and their counts follow', async () => {
    const eve = await signUp(stack, `eve${seed}`);
    const root = await grace.comment(post, 'Lovely');
    const reply = await eve.comment(post, 'Is it?', root);
    const answer = await ada.comment(post, 'It is', reply);
    const own = await eve.comment(post, 'Hm', answer);
    const theirs = await eve.comment(post, 'Look at me');
    await eve.comment(post, 'Nobody?', theirs);
    await stack.folded();
    expect((await threads('oldest')).items.map(({ replies }) => replies.count)).toEqual([3, 1]);
    await eve.request('delete', '/v1/me', { password: PASSWORD }).expect(202);
    await stack.eraseClosed();
    const { items } = await threads('oldest');
    expect(items[0]?.replies).toMatchObject({
      count: 1,
      first: [
        { id: reply.id, author: null, text: null, deleted: true },
        { id: answer.id, replyTo: reply.id, counts: { replies: 0 } },
      ],
    });
    expect(ids(await repliesTo(root))).not.toContain(own.id);
    expect(items.slice(1).map(({ text, replies }) => [text, replies.count])).toEqual(
      items.length > 1 ? [[null, 0]] : [],
    );
    expect((await ada.see(post)).counts.comments).toBe(2);
  });
});
