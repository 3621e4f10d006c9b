import { Module } from '@nestjs/common';
import { LikesModule } from '../likes/likes.module.js';
import { PostsModule } from '../posts/posts.module.js';
import { CollectionsController } from './collections.controller.js';
import { CollectionsService } from './collections.service.js';
import { CollectedPosts } from './collected-posts.service.js';

@Module({
  imports: [LikesModule, PostsModule],
  controllers: [CollectionsController],
  providers: [CollectionsService, CollectedPosts],
})
export class CollectionsModule {}
