import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { CallerOf, Input, type Caller } from '../http/call.js';
import { listQuery, type ListInput } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { postList } from '../posts/posts.schemas.js';
import { TermLists } from './term-lists.service.js';

@Controller()
export class TagsController {
  constructor(private readonly lists: TermLists) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/tags/:tag/posts',
    operationId: 'listTagPosts',
    tag: 'Reading',
    summary: 'Posts with a hashtag, newest first; a tag that nobody used has none',
    access: 'optional',
    params: z.object({
      tag: z.string().meta({ description: 'Without its sign, in any case and width.', example: 'fog' }),
    }),
    query: listQuery,
    answers: { 200: postList },
    problems: ['cursor_invalid'],
  })
  async posts(@Input() input: { tag: string } & ListInput, @CallerOf() caller: Caller | null) {
    return this.lists.tag(input.tag, input, caller?.userId ?? null);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/places/:place/posts',
    operationId: 'listPlacePosts',
    tag: 'Reading',
    summary: 'Posts of a place, newest first; a place where nobody was has none',
    access: 'optional',
    params: z.object({ place: z.string().meta({ description: 'Its name, in any case and width.' }) }),
    query: listQuery,
    answers: { 200: postList },
    problems: ['cursor_invalid'],
  })
  async ofPlace(@Input() input: { place: string } & ListInput, @CallerOf() caller: Caller | null) {
    return this.lists.place(input.place, input, caller?.userId ?? null);
  }
}
