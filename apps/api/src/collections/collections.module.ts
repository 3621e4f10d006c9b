import { Module } from '@nestjs/common';
import { PostsModule } from '../posts/posts.module.js';
import { CollectionsController } from './collections.controller.js';

@Module({ imports: [PostsModule], controllers: [CollectionsController] })
export class CollectionsModule {}
