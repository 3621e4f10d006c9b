import { Controller } from '@nestjs/common';
import { Relations } from '@app/domain';
import { z } from 'zod';
import { CallerOf, Input, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { relationshipOf } from '../users/user-view.js';
import { relationship } from '../users/users.schemas.js';

const change = {
  tag: 'People',
  access: 'required',
  params: z.object({ id: pathId }),
  answers: { 200: relationship },
  problems: ['not_found'],
  rate: 'write',
} as const;
const ofRequest = { ...change, params: z.object({ userId: pathId }) } as const;
const selfRefused = { ...change, problems: ['not_found', 'self_not_allowed'] } as const;

/** Follows, blocks and mutes; each answers with how the caller stands to the other now. */
@Controller()
export class RelationsController {
  constructor(private readonly relations: Relations) {}

  @Endpoint({
    ...change,
    method: 'PUT',
    path: '/v1/users/:id/follow',
    summary: 'Follow, or ask a private person to be let in',
    problems: ['not_found', 'self_not_allowed', 'follow_limit'],
  })
  async followUser(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.follow(caller.userId, input.id));
  }

  @Endpoint({
    ...change,
    method: 'DELETE',
    path: '/v1/users/:id/follow',
    summary: 'Unfollow, or take a request back',
  })
  async unfollowUser(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.unfollow(caller.userId, input.id));
  }

  @Endpoint({
    ...ofRequest,
    method: 'PUT',
    path: '/v1/follow-requests/:userId',
    summary: 'Let a follower in',
  })
  async acceptFollowRequest(@Input() input: { userId: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.accept(caller.userId, input.userId));
  }

  @Endpoint({
    ...ofRequest,
    method: 'DELETE',
    path: '/v1/follow-requests/:userId',
    summary: 'Turn a request down',
  })
  async rejectFollowRequest(@Input() input: { userId: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.reject(caller.userId, input.userId));
  }

  @Endpoint({
    ...ofRequest,
    method: 'DELETE',
    path: '/v1/followers/:userId',
    summary: 'Remove a follower, silently',
  })
  async removeFollower(@Input() input: { userId: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.remove(caller.userId, input.userId));
  }

  @Endpoint({
    ...selfRefused,
    method: 'PUT',
    path: '/v1/users/:id/block',
    summary: 'Block: neither sees the other any more',
  })
  async blockUser(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.block(caller.userId, input.id));
  }

  @Endpoint({
    ...change,
    method: 'DELETE',
    path: '/v1/users/:id/block',
    summary: 'Unblock; follows do not come back',
  })
  async unblockUser(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.unblock(caller.userId, input.id));
  }

  @Endpoint({
    ...selfRefused,
    method: 'PUT',
    path: '/v1/users/:id/mute',
    summary: 'Mute: their posts and acts no longer reach one',
  })
  async muteUser(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.mute(caller.userId, input.id));
  }

  @Endpoint({
    ...change,
    method: 'DELETE',
    path: '/v1/users/:id/mute',
    summary: 'Unmute',
  })
  async unmuteUser(@Input() input: { id: string }, @CallerOf() caller: Caller) {
    return relationshipOf(await this.relations.unmute(caller.userId, input.id));
  }
}
