import { Module } from '@nestjs/common';
import { PostsModule } from '../posts/posts.module.js';
import { ExploreController } from './explore.controller.js';
import { ExploreService } from './explore.service.js';

@Module({ imports: [PostsModule], controllers: [ExploreController], providers: [ExploreService] })
export class ExploreModule {}
