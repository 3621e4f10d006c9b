import { Controller, Req } from '@nestjs/common';
import { Suggestions } from '@app/domain';
import { SuggestionRows } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiRequest, type Caller } from '../http/call.js';
import { listQuery, type ListInput, type PageRequest } from '../http/cursors.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { pathOf } from '../http/paths.js';
import { UserLists } from '../users/user-lists.js';
import { userList } from '../users/users.schemas.js';

@Controller()
export class SuggestionsController {
  constructor(
    private readonly suggestions: Suggestions,
    private readonly rows: SuggestionRows,
    private readonly lists: UserLists,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/suggestions',
    tag: 'Reading',
    summary:
      'People to follow: those with friends in common, then the popular. Worked out ahead, so the first time they are the popular alone',
    access: 'required',
    query: listQuery,
    answers: { 200: userList },
    problems: ['cursor_invalid'],
  })
  async listSuggestions(
    @Input() input: ListInput,
    @CallerOf() { userId }: Caller,
    @Req() request: ApiRequest,
  ) {
    if (input.cursor === undefined && input.newer === undefined) await this.suggestions.refresh(userId);
    const scan = (page: PageRequest) => this.rows.page(userId, page);
    const page = await this.lists.page(pathOf(request), input, userId, scan, 'suggested');
    const dismissed = await this.rows.dismissed(
      userId,
      page.items.map(({ id }) => id),
    );
    return { ...page, items: page.items.filter(({ id }) => !dismissed.has(id)) };
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/suggestions/:userId',
    tag: 'Reading',
    summary: 'Do not suggest this person again, for good',
    access: 'required',
    params: z.object({ userId: pathId }),
    answers: { 204: null },
    problems: ['not_found'],
    rate: 'write',
  })
  async dismissSuggestion(@Input() input: { userId: string }, @CallerOf() caller: Caller): Promise<void> {
    await this.suggestions.dismiss(caller.userId, input.userId);
  }
}
