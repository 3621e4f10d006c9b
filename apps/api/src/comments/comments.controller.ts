import { Controller, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency } from '../http/idempotency.js';
import { pathOf } from '../http/paths.js';
import { TextEntities } from '../texts/text-entities.js';
import { CommentLists } from './comment-lists.service.js';
import { comment, commentList, newComment, type NewComment } from './comments.schemas.js';
import { CommentsService } from './comments.service.js';

const params = z.object({ id: pathId });

@Controller()
export class CommentsController {
  constructor(
    private readonly comments: CommentsService,
    private readonly lists: CommentLists,
    private readonly idempotency: Idempotency,
    private readonly entities: TextEntities,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/posts/:id/comments',
    tag: 'Comments',
    summary: 'What is said below a post, oldest first',
    access: 'optional',
    params,
    query: listQuery,
    answers: { 200: commentList },
    problems: ['not_found', 'cursor_invalid'],
  })
  async list(
    @Input() input: { id: string } & ListInput,
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
  ) {
    return this.lists.ofPost(pathOf(request), input, caller?.userId ?? null);
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
  async create(
    @Input() input: NewComment & { id: string },
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    const entities = await this.entities.of(input.text, caller.userId);
    const made = await this.idempotency.once(request, input, (tx) =>
      this.comments.create(tx, caller.userId, input.id, { ...input, entities }),
    );
    return made.repeated
      ? this.comments.showAgain(made.id, caller.userId)
      : this.comments.showMade(made.id, caller.userId);
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
  async remove(@Input() input: { id: string }, @CallerOf() caller: Caller): Promise<void> {
    await this.comments.remove(caller.userId, input.id);
  }

  @Endpoint({
    method: 'PUT',
    path: '/v1/comments/:id/like',
    operationId: 'likeComment',
    tag: 'Comments',
    summary: 'Like a comment',
    access: 'required',
    params,
    answers: { 200: comment },
    problems: ['not_found'],
    rate: 'write',
  })
  async like(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return this.comments.like(caller.userId, input.id);
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/comments/:id/like',
    operationId: 'unlikeComment',
    tag: 'Comments',
    summary: 'Take a like back',
    access: 'required',
    params,
    answers: { 200: comment, 204: null },
    problems: ['not_found'],
    rate: 'write',
  })
  async unlike(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const shown = await this.comments.unlike(caller.userId, input.id);
    if (shown === null) void reply.status(204);
    return shown ?? undefined;
  }
}
