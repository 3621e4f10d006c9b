import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { CommentsModule } from '../comments/comments.module.js';
import { PostsModule } from '../posts/posts.module.js';
import { NotificationsController } from './notifications.controller.js';
import { NotificationPeople } from './notification-people.js';
import { NotificationView } from './notification-view.js';
import { NotificationsService } from './notifications.service.js';

@Module({
  imports: [UsersModule, CommentsModule, PostsModule],
  controllers: [NotificationsController],
  providers: [NotificationPeople, NotificationView, NotificationsService],
  exports: [NotificationView],
})
export class NotificationsModule {}
