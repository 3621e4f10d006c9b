import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { CommentLists } from './comment-lists.js';
import { CommentsController } from './comments.controller.js';
import { CommentView } from './comment-view.js';

@Module({
  imports: [UsersModule],
  controllers: [CommentsController],
  providers: [CommentLists, CommentView],
  exports: [CommentView],
})
export class CommentsModule {}
