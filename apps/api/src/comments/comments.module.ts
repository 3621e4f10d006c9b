import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { CommentsController } from './comments.controller.js';
import { CommentView } from './comment-view.js';

@Module({
  imports: [UsersModule],
  controllers: [CommentsController],
  providers: [CommentView],
  exports: [CommentView],
})
export class CommentsModule {}
