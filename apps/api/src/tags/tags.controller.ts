import { Controller } from '@nestjs/common';
import { foldTag } from '@app/platform';
import { foldPlace } from '@app/domain';
import { TermRows, type TermKind } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { shown } from '../http/fields.js';
import { PostReading } from '../posts/post-reading.js';
import { postListQuery, postsOrCells, type PostListInput } from '../posts/posts.schemas.js';

@Controller()
export class TagsController {
  constructor(
    private readonly terms: TermRows,
    private readonly reading: PostReading,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/tags/:tag/posts',
    tag: 'Reading',
    summary: 'Posts with a hashtag, newest first; a tag that nobody used has none',
    access: 'optional',
    params: z.object({
      tag: shown(200, 'Without its sign, in any case and width.').meta({ example: 'fog' }),
    }),
    query: postListQuery,
    answers: { 200: postsOrCells },
    problems: ['cursor_invalid'],
  })
  async listTagPosts(@Input() input: { tag: string } & PostListInput, @CallerOf() caller: Caller | null) {
    return this.page('tag', foldTag(input.tag), input, caller);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/places/:place/posts',
    tag: 'Reading',
    summary: 'Posts of a place, newest first; a place where nobody was has none',
    access: 'optional',
    params: z.object({ place: shown(200, 'Its name, in any case and width.') }),
    query: postListQuery,
    answers: { 200: postsOrCells },
    problems: ['cursor_invalid'],
  })
  async listPlacePosts(@Input() input: { place: string } & PostListInput, @CallerOf() caller: Caller | null) {
    return this.page('place', foldPlace(input.place), input, caller);
  }

  /** Cursors belong to the folded name: `#Fog` and `#fog` are one list. */
  private async page(
    kind: TermKind,
    name: string,
    input: PostListInput,
    caller: Caller | null,
  ): Promise<string> {
    const term = (await this.terms.find(kind, [name])).get(name);
    const stranger = caller === null;
    // A cursor of one list in the other would tell where something hidden is.
    const scope = `/v1/${kind}s/${name}/posts${stranger ? ' for strangers' : ''}`;
    return this.reading.pageOfIds(scope, input, caller?.userId ?? null, async (page) =>
      term === undefined ? [] : this.terms.posts(kind, term, page, { stranger }),
    );
  }
}
