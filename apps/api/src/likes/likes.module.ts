import { Module } from '@nestjs/common';
import { PostsModule } from '../posts/posts.module.js';
import { UsersModule } from '../users/users.module.js';
import { LikesController } from './likes.controller.js';
import { LikeBatches } from './like-batches.js';
import { LikesService } from './likes.service.js';
import { SavesService } from './saves.service.js';

@Module({
  imports: [PostsModule, UsersModule],
  controllers: [LikesController],
  providers: [LikeBatches, LikesService, SavesService],
  exports: [SavesService],
})
export class LikesModule {}
