import { Module } from '@nestjs/common';
import { PhotosModule } from '../photos/photos.module.js';
import { UsersModule } from '../users/users.module.js';
import { PostsController } from './posts.controller.js';
import { ArchiveController } from './archive.controller.js';
import { PostJsonCache } from './post-json-cache.js';
import { PostView } from './post-view.js';
import { PostReading } from './post-reading.js';

@Module({
  imports: [PhotosModule, UsersModule],
  controllers: [PostsController, ArchiveController],
  providers: [PostJsonCache, PostView, PostReading],
  exports: [PostReading, PostView],
})
export class PostsModule {}
