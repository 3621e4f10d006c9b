import { Controller, Req, Res } from '@nestjs/common';
import { Likes, Saves } from '@app/domain';
import { LikeRows } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { pathOf } from '../http/paths.js';
import { PostReading } from '../posts/post-reading.js';
import { PostView } from '../posts/post-view.js';
import { post, postListQuery, postsOrCells, type PostListInput } from '../posts/posts.schemas.js';
import { UserLists } from '../users/user-lists.js';
import { userList } from '../users/users.schemas.js';

const params = z.object({ id: pathId });
const change = {
  tag: 'Likes and saves',
  access: 'required',
  params,
  answers: { 200: post },
  problems: ['not_found'],
  rate: 'write',
} as const;
const ownList = {
  method: 'GET',
  tag: 'Likes and saves',
  access: 'required',
  query: postListQuery,
  answers: { 200: postsOrCells },
  problems: ['cursor_invalid'],
} as const;

@Controller()
export class LikesController {
  constructor(
    private readonly likes: Likes,
    private readonly saves: Saves,
    private readonly rows: LikeRows,
    private readonly view: PostView,
    private readonly posts: PostReading,
    private readonly users: UserLists,
  ) {}

  @Endpoint({
    ...change,
    method: 'PUT',
    path: '/v1/posts/:id/like',
    problems: ['not_found', 'post_not_published'],
    summary: 'Like a post',
  })
  async likePost(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    await this.likes.like(caller.userId, input.id);
    return this.view.marked(input.id, caller.userId, 'liked');
  }

  @Endpoint({
    ...change,
    answers: { 200: post, 204: null },
    method: 'DELETE',
    path: '/v1/posts/:id/like',
    summary: 'Take a like back',
  })
  async unlikePost(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const isSeen = await this.likes.unlike(caller.userId, input.id);
    return this.orNothing(reply, isSeen && (await this.view.unmarked(input.id, caller.userId, 'liked')));
  }

  @Endpoint({
    ...change,
    method: 'PUT',
    path: '/v1/posts/:id/save',
    problems: ['not_found', 'post_not_published'],
    summary: 'Save a post',
  })
  async savePost(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    await this.saves.save(caller.userId, input.id);
    return this.view.marked(input.id, caller.userId, 'saved');
  }

  @Endpoint({
    ...change,
    answers: { 200: post, 204: null },
    method: 'DELETE',
    path: '/v1/posts/:id/save',
    summary: 'Take a save back',
  })
  async unsavePost(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const isSeen = await this.saves.unsave(caller.userId, input.id);
    return this.orNothing(reply, isSeen && (await this.view.unmarked(input.id, caller.userId, 'saved')));
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/posts/:id/likes',
    tag: 'Likes and saves',
    summary: 'Who liked a post, newest first',
    access: 'optional',
    params,
    query: listQuery,
    answers: { 200: userList },
    problems: ['not_found', 'cursor_invalid'],
  })
  async listLikers(
    @Input() input: { id: string } & ListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    const viewer = caller?.userId ?? null;
    const { post: found } = await this.posts.one(input.id, viewer);
    return this.users.page(pathOf(request), input, viewer, (page) => this.rows.likers(found.id, page));
  }

  @Endpoint({
    ...ownList,
    path: '/v1/me/liked',
    summary: 'What one liked, newest first',
  })
  async listLikedPosts(
    @Input() input: PostListInput,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    return this.posts.page(pathOf(request), input, caller.userId, (page) =>
      this.rows.liked(caller.userId, page),
    );
  }

  @Endpoint({
    ...ownList,
    path: '/v1/me/saved',
    summary: 'What one saved, newest first',
  })
  async listSavedPosts(
    @Input() input: PostListInput,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    return this.posts.page(pathOf(request), input, caller.userId, (page) =>
      this.rows.saved(caller.userId, page),
    );
  }

  /** An unlike succeeds even when the post is no longer visible; there is nothing to show then. */
  private orNothing(reply: ApiReply, json: string | false | null): string | undefined {
    if (!json) void reply.status(204);
    return json || undefined;
  }
}
