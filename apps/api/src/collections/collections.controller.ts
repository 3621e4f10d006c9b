import { Controller, Req } from '@nestjs/common';
import { problem } from '@app/platform';
import { Saves } from '@app/domain';
import { CollectionRows, type CollectionRow, type Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { Cursors, listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency } from '../http/idempotency.js';
import { OriginOf } from '../http/origin.js';
import { pathOf } from '../http/paths.js';
import { post, postListQuery, postsOrCells, type PostListInput } from '../posts/posts.schemas.js';
import { PostReading } from '../posts/post-reading.js';
import { PostView } from '../posts/post-view.js';
import {
  collection,
  collectionChange,
  collectionList,
  newCollection,
  type Collection,
} from './collections.schemas.js';

type Fields = z.output<typeof newCollection>;

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
    private readonly saves: Saves,
    private readonly rows: CollectionRows,
    private readonly view: PostView,
    private readonly posts: PostReading,
    private readonly cursors: Cursors,
    private readonly idempotency: Idempotency,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/me/collections',
    tag: 'Collections',
    summary: 'Begin a collection of saved posts',
    access: 'required',
    body: newCollection,
    answers: { 201: collection },
    problems: ['collection_limit', 'gone'],
    idempotent: true,
    rate: 'write',
  })
  async createCollection(@Input() input: Fields, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    const made = await this.idempotency.once(request, input, async (tx) => ({
      status: 201,
      id: await this.saves.createCollection(tx, caller.userId, input.name),
    }));
    const row = await this.rows.find(caller.userId, made.id);
    if (!row) throw problem('gone');
    return shown(row);
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
  async listCollections(@Input() input: ListInput, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    return this.cursors.list(
      pathOf(request),
      input,
      (page) => this.rows.page(caller.userId, page),
      (rows) => rows.map(shown),
    );
  }

  @Endpoint({
    ...one,
    method: 'PATCH',
    path: '/v1/me/collections/:id',
    summary: 'Rename a collection',
    body: collectionChange,
    answers: { 200: collection },
    rate: 'write',
  })
  async updateCollection(@Input() input: Partial<Fields> & { id: string }, @CallerOf() caller: Caller) {
    return shown(await this.saves.renameCollection(caller.userId, input.id, input.name));
  }

  @Endpoint({
    ...one,
    method: 'DELETE',
    path: '/v1/me/collections/:id',
    summary: 'Delete a collection; its posts stay saved',
    answers: { 204: null },
    rate: 'write',
  })
  async deleteCollection(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @OriginOf() from: Origin,
  ): Promise<void> {
    await this.saves.removeCollection(caller.userId, input.id, from);
  }

  @Endpoint({
    ...one,
    method: 'GET',
    path: '/v1/me/collections/:id/posts',
    summary: 'What a collection holds, newest first',
    query: postListQuery,
    answers: { 200: postsOrCells },
    problems: ['not_found', 'cursor_invalid'],
  })
  async listCollectionPosts(
    @Input() input: PostListInput & { id: string },
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    const { id } = await this.saves.collection(caller.userId, input.id);
    return this.posts.page(pathOf(request), input, caller.userId, (page) => this.rows.posts(id, page));
  }

  @Endpoint({
    ...entry,
    method: 'PUT',
    summary: 'Put a post into a collection, and save it',
    answers: { 200: post },
    problems: ['not_found', 'post_not_published'],
    rate: 'write',
  })
  async addPostToCollection(@Input() input: { id: string; postId: string }, @CallerOf() caller: Caller) {
    await this.saves.save(caller.userId, input.postId, input.id);
    return this.view.marked(input.postId, caller.userId, 'saved');
  }

  @Endpoint({
    ...entry,
    method: 'DELETE',
    summary: 'Take a post out of a collection; it stays saved',
    answers: { 204: null },
    rate: 'write',
  })
  async removePostFromCollection(
    @Input() input: { id: string; postId: string },
    @CallerOf() caller: Caller,
  ): Promise<void> {
    await this.saves.takeFrom(input.id, caller.userId, input.postId);
  }
}

function shown({ id, name, posts_count: posts, created_at }: CollectionRow): Collection {
  return { id, name, counts: { posts }, createdAt: created_at.toISOString() };
}
