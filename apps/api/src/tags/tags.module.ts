import { Module } from '@nestjs/common';
import { PostsModule } from '../posts/posts.module.js';
import { TagsController } from './tags.controller.js';

@Module({ imports: [PostsModule], controllers: [TagsController] })
export class TagsModule {}
