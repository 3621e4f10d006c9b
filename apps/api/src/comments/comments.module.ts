import { Module } from '@nestjs/common';
import { TextsModule } from '../texts/texts.module.js';
import { UsersModule } from '../users/users.module.js';
import { PostsModule } from '../posts/posts.module.js';
import { CommentsController } from './comments.controller.js';
import { CommentView } from './comment-view.js';
import { CommentLists } from './comment-lists.service.js';
import { CommentsService } from './comments.service.js';

@Module({
  imports: [TextsModule, UsersModule, PostsModule],
  controllers: [CommentsController],
  providers: [CommentView, CommentLists, CommentsService],
  exports: [CommentView],
})
export class CommentsModule {}
