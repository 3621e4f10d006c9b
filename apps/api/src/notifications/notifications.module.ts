import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { CommentsModule } from '../comments/comments.module.js';
import { PostsModule } from '../posts/posts.module.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationView } from './notification-view.js';

@Module({
  imports: [UsersModule, CommentsModule, PostsModule],
  controllers: [NotificationsController],
  providers: [NotificationView],
  exports: [NotificationView],
})
export class NotificationsModule {}
