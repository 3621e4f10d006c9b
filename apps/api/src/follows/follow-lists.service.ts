import { Injectable } from '@nestjs/common';
import { problem } from '@app/platform';
import { FollowRows } from '@app/storage';
import { Visibility } from '@app/domain';
import type { ApiRequest, Caller } from '../http/call.js';
import type { ListInput, Page } from '../http/cursors.js';
import { pathOf } from '../http/paths.js';
import { UserLists } from '../users/user-lists.js';
import type { User } from '../users/users.schemas.js';
import { UsersService } from '../users/users.service.js';

@Injectable()
export class FollowListsService {
  constructor(
    private readonly users: UsersService,
    private readonly follows: FollowRows,
    private readonly visibility: Visibility,
    private readonly lists: UserLists,
  ) {}

  /** The list of people that a person follows is as private as their posts. */
  async list(
    which: 'followers' | 'following',
    input: { id: string } & ListInput,
    caller: Caller | null,
    request: ApiRequest,
  ): Promise<Page<User>> {
    const viewer = caller?.userId ?? null;
    const { row, relation } = await this.users.visible(input.id, viewer);
    if (!this.visibility.maySeeContent(row, relation)) throw problem('not_found');
    return this.lists.page(pathOf(request), input, viewer, (page) => this.follows[which](row.id, page));
  }
}
