import { Module } from '@nestjs/common';
import { PhotosModule } from '../photos/photos.module.js';
import { UsersModule } from '../users/users.module.js';
import { TextsModule } from '../texts/texts.module.js';
import { PostsController } from './posts.controller.js';
import { ArchiveController } from './archive.controller.js';
import { PostSources } from './post-sources.js';
import { PostJsonCache } from './post-json-cache.js';
import { PostView } from './post-view.js';
import { PostReading } from './post-reading.service.js';
import { PostLists } from './post-lists.service.js';
import { PostWriting } from './post-writing.service.js';
import { PostsService } from './posts.service.js';

@Module({
  imports: [PhotosModule, UsersModule, TextsModule],
  controllers: [PostsController, ArchiveController],
  providers: [PostSources, PostJsonCache, PostView, PostReading, PostLists, PostWriting, PostsService],
  exports: [PostLists, PostReading, PostView],
})
export class PostsModule {}
