import { Module } from '@nestjs/common';
import { UsersController } from './users.controller.js';
import { UserView } from './user-view.js';
import { UsersService } from './users.service.js';
import { UserLists } from './user-lists.js';

@Module({
  controllers: [UsersController],
  providers: [UserView, UsersService, UserLists],
  exports: [UsersService, UserLists, UserView],
})
export class UsersModule {}
