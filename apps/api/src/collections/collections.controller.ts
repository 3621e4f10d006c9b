import { Controller, Req } from '@nestjs/common';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency } from '../http/idempotency.js';
import { pathOf } from '../http/paths.js';
import { post, postList } from '../posts/posts.schemas.js';
import { CollectedPosts } from './collected-posts.service.js';
import { collection, collectionFields, collectionList } from './collections.schemas.js';
import { CollectionsService } from './collections.service.js';

type Fields = z.output<typeof collectionFields>;

const one = {
  tag: 'Collections',
  access: 'required',
  params: z.object({ id: pathId }),
  problems: ['not_found'],
} as const;
const entry = {
  ...one,
  path: '/v1/me/collections/:id/posts/:postId',
  params: z.object({ id: pathId, postId: pathId }),
} as const;

@Controller()
export class CollectionsController {
  constructor(
    private readonly collections: CollectionsService,
    private readonly posts: CollectedPosts,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/me/collections',
    tag: 'Collections',
    summary: 'Begin a collection of saved posts',
    access: 'required',
    body: collectionFields,
    answers: { 201: collection },
    problems: ['collection_limit', 'gone'],
    idempotent: true,
    rate: 'write',
  })
  async create(@Input() input: Fields, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    const made = await this.idempotency.once(request, input, (tx) =>
      this.collections.create(tx, caller.userId, input.name),
    );
    return this.collections.showMade(caller.userId, made.id);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/me/collections',
    tag: 'Collections',
    summary: 'One’s collections, newest first',
    access: 'required',
    query: listQuery,
    answers: { 200: collectionList },
    problems: ['cursor_invalid'],
  })
  async list(@Input() input: ListInput, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    return this.collections.list(pathOf(request), input, caller.userId);
  }

  @Endpoint({
    ...one,
    method: 'PATCH',
    path: '/v1/me/collections/:id',
    summary: 'Rename a collection',
    body: collectionFields.partial(),
    answers: { 200: collection },
    rate: 'write',
  })
  async rename(@Input() input: Partial<Fields> & { id: string }, @CallerOf() caller: Caller) {
    return this.collections.rename(caller.userId, input.id, input.name);
  }

  @Endpoint({
    ...one,
    method: 'DELETE',
    path: '/v1/me/collections/:id',
    summary: 'Delete a collection; its posts stay saved',
    answers: { 204: null },
    rate: 'write',
  })
  async remove(@Input() input: { id: string }, @CallerOf() caller: Caller): Promise<void> {
    await this.posts.remove(caller.userId, input.id);
  }

  @Endpoint({
    ...one,
    method: 'GET',
    path: '/v1/me/collections/:id/posts',
    summary: 'What a collection holds, newest first',
    query: listQuery,
    answers: { 200: postList },
    problems: ['not_found', 'cursor_invalid'],
  })
  async listPosts(
    @Input() input: ListInput & { id: string },
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    return this.posts.list(pathOf(request), input, caller.userId);
  }

  @Endpoint({
    ...entry,
    method: 'PUT',
    summary: 'Put a post into a collection, and save it',
    answers: { 200: post },
    problems: ['not_found', 'post_not_published'],
    rate: 'write',
  })
  async add(@Input() input: { id: string; postId: string }, @CallerOf() caller: Caller) {
    return this.posts.add(caller.userId, input.id, input.postId);
  }

  @Endpoint({
    ...entry,
    method: 'DELETE',
    summary: 'Take a post out of a collection; it stays saved',
    answers: { 204: null },
    rate: 'write',
  })
  async take(@Input() input: { id: string; postId: string }, @CallerOf() caller: Caller): Promise<void> {
    await this.posts.take(caller.userId, input.id, input.postId);
  }
}
