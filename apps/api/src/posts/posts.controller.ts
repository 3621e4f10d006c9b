import { Controller, Req, Res } from '@nestjs/common';
import { problem } from '@app/platform';
import { Posts, VerifiedEmails } from '@app/domain';
import type { Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId, shown } from '../http/fields.js';
import { fresh, tagOf } from '../http/freshness.js';
import { Idempotency } from '../http/idempotency.js';
import { OriginOf } from '../http/origin.js';
import { pathOf } from '../http/paths.js';
import { wait } from '../http/prefer.js';
import { idList } from '../photos/photos.schemas.js';
import { PostReading } from './post-reading.js';
import {
  newPost,
  post,
  postChange,
  postListQuery,
  postsById,
  postsOrCells,
  type NewPost,
  type PostChange,
  type PostListInput,
} from './posts.schemas.js';

const params = z.object({ id: pathId });

@Controller()
export class PostsController {
  constructor(
    private readonly posts: Posts,
    private readonly verified: VerifiedEmails,
    private readonly reading: PostReading,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/posts',
    tag: 'Posts',
    summary: 'Post one to ten photos; they may still be processing',
    access: 'required',
    body: newPost,
    answers: { 201: post, 202: post },
    headers: ['Location'],
    problems: ['email_unverified', 'photo_not_found', 'photo_rejected', 'photo_already_posted', 'gone'],
    idempotent: true,
    waits: true,
    rate: 'write',
  })
  async createPost(
    @Input() input: NewPost,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const fields = await this.posts.fieldsOf(caller.userId, input);
    const made = await this.idempotency.once(request, input, async (tx) => {
      await this.verified.mustHave(tx, caller);
      const { id, state } = await this.posts.create(tx, caller.userId, input.photoIds, fields);
      return { id, status: state === 'published' ? 201 : 202 };
    });
    const read = async () => (await this.reading.visible([made.id], caller.userId))[0];
    const shown = await wait(request, reply, read, (found) => found?.post.state !== 'publishing');
    if (!shown) throw problem('gone');
    void reply
      .status(shown.post.state === 'published' ? 201 : 202)
      .header('location', `/v1/posts/${made.id}`);
    return shown.json;
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/posts/:id',
    tag: 'Posts',
    summary: 'A post',
    access: 'optional',
    params,
    answers: { 200: post },
    headers: ['ETag'],
    problems: ['not_found'],
  })
  async getPost(
    @Input() input: { id: string },
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const shown = await this.reading.one(input.id, caller?.userId ?? null);
    return fresh(request, reply, tagOf(shown.json), shown.json);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/posts/by/code/:code',
    tag: 'Posts',
    summary: 'A post, by its short code',
    access: 'optional',
    params: z.object({ code: shown(200, 'As in /p/<code>.') }),
    answers: { 200: post },
    headers: ['ETag'],
    problems: ['not_found'],
  })
  async getPostByCode(
    @Input() input: { code: string },
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const { json } = await this.reading.byCode(input.code, caller?.userId ?? null);
    return fresh(request, reply, tagOf(json), json);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/posts',
    tag: 'Posts',
    summary: 'Several posts; what is gone or hidden is left out',
    access: 'optional',
    query: idList,
    answers: { 200: postsById },
  })
  async getPostsByIds(@Input() input: z.output<typeof idList>, @CallerOf() caller: Caller | null) {
    const shown = await this.reading.visible(input.ids, caller?.userId ?? null);
    return `{"items":[${shown.map(({ json }) => json).join(',')}]}`;
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/posts/:id',
    tag: 'Posts',
    summary: 'Change a post: an absent field stays, null clears',
    access: 'required',
    params,
    body: postChange,
    answers: { 200: post },
    problems: ['not_found', 'post_not_published', 'photo_not_in_post'],
    rate: 'write',
  })
  async updatePost(
    @Input() input: { id: string } & PostChange,
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ) {
    await this.posts.change(caller.userId, input.id, input, from);
    return (await this.reading.one(input.id, caller.userId)).json;
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/posts/:id',
    tag: 'Posts',
    summary: 'Delete a post and its photos',
    access: 'required',
    params,
    answers: { 204: null },
    problems: ['not_found'],
    rate: 'write',
  })
  async deletePost(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.posts.remove(caller.userId, input.id, from);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/users/:id/posts',
    tag: 'People',
    summary: 'A person’s posts, newest first',
    access: 'optional',
    params,
    query: postListQuery,
    answers: { 200: postsOrCells },
    problems: ['not_found', 'cursor_invalid'],
  })
  async listUserPosts(
    @Input() input: { id: string } & PostListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    return this.reading.ofAuthor(pathOf(request), input, caller?.userId ?? null);
  }
}
