import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { FollowsController } from './follows.controller.js';
import { FollowRequestsController } from './follow-requests.controller.js';
import { FollowsService } from './follows.service.js';
import { FollowListsService } from './follow-lists.service.js';

@Module({
  imports: [UsersModule],
  controllers: [FollowsController, FollowRequestsController],
  providers: [FollowsService, FollowListsService],
})
export class FollowsModule {}
