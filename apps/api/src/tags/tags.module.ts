import { Module } from '@nestjs/common';
import { PostsModule } from '../posts/posts.module.js';
import { TagsController } from './tags.controller.js';
import { TermLists } from './term-lists.service.js';

@Module({ imports: [PostsModule], controllers: [TagsController], providers: [TermLists] })
export class TagsModule {}
