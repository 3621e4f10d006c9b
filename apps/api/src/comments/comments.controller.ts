import { Controller, Req, Res } from '@nestjs/common';
import { problem } from '@app/platform';
import { Comments, TextEntities } from '@app/domain';
import type { Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency } from '../http/idempotency.js';
import { OriginOf } from '../http/origin.js';
import { pathOf } from '../http/paths.js';
import { CommentLists } from './comment-lists.js';
import { CommentView } from './comment-view.js';
import {
  comment,
  commentList,
  commentListQuery,
  commentsOrThreads,
  newComment,
  type CommentListInput,
  type NewComment,
} from './comments.schemas.js';

const params = z.object({ id: pathId });

@Controller()
export class CommentsController {
  constructor(
    private readonly comments: Comments,
    private readonly entities: TextEntities,
    private readonly view: CommentView,
    private readonly lists: CommentLists,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/posts/:id/comments',
    tag: 'Comments',
    summary: 'What is said below a post, oldest first, or as threads',
    access: 'optional',
    params,
    query: commentListQuery,
    answers: { 200: commentsOrThreads },
    problems: ['not_found', 'cursor_invalid'],
  })
  async listComments(
    @Input() input: { id: string } & CommentListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    return this.lists.ofPost(pathOf(request), input, caller?.userId ?? null);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/comments/:id/replies',
    tag: 'Comments',
    summary: 'The replies to a comment, oldest first',
    access: 'optional',
    params,
    query: listQuery,
    answers: { 200: commentList },
    problems: ['not_found', 'cursor_invalid'],
  })
  async listReplies(
    @Input() input: { id: string } & ListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    return this.lists.replies(pathOf(request), input, caller?.userId ?? null);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/posts/:id/comments',
    tag: 'Comments',
    summary: 'Comment on a post, or reply to a comment',
    access: 'required',
    params,
    body: newComment,
    answers: { 201: comment },
    problems: ['not_found', 'post_not_published', 'reply_not_allowed', 'comments_closed', 'gone'],
    idempotent: true,
    rate: 'write',
  })
  async createComment(
    @Input() input: NewComment & { id: string },
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    const entities = await this.entities.of(input.text, caller.userId);
    const made = await this.idempotency.once(request, input, async (tx) => ({
      status: 201,
      id: await this.comments.create(tx, caller.userId, input.id, { ...input, entities }),
    }));
    if (!made.repeated) return this.view.showMade(made.id, caller.userId);
    const comment = await this.view.find(made.id, caller.userId);
    if (!comment || comment.deleted) throw problem('gone');
    return comment;
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/comments/:id',
    tag: 'Comments',
    summary: 'Delete one’s comment, or one below one’s post',
    access: 'required',
    params,
    answers: { 204: null },
    problems: ['not_found'],
    rate: 'write',
  })
  async deleteComment(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.comments.remove(caller.userId, input.id, from);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/comments/:id/like',
    tag: 'Comments',
    summary: 'Like a comment',
    access: 'required',
    params,
    answers: { 200: comment },
    problems: ['not_found'],
    rate: 'write',
  })
  async likeComment(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return this.view.showDone(await this.comments.like(caller.userId, input.id), caller.userId);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/comments/:id/like',
    tag: 'Comments',
    summary: 'Take a like back',
    access: 'required',
    params,
    answers: { 200: comment, 204: null },
    problems: ['not_found'],
    rate: 'write',
  })
  async unlikeComment(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    await this.comments.unlike(caller.userId, input.id);
    const shown = await this.view.find(input.id, caller.userId);
    if (shown === null) void reply.status(204);
    return shown ?? undefined;
  }
}
