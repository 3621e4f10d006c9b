import { Module } from '@nestjs/common';
import { UsersController } from './users.controller.js';
import { UserView } from './user-view.js';
import { UserLists } from './user-lists.js';

@Module({
  controllers: [UsersController],
  providers: [UserView, UserLists],
  exports: [UserView, UserLists],
})
export class UsersModule {}
