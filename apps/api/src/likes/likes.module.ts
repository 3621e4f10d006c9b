import { Module } from '@nestjs/common';
import { PostsModule } from '../posts/posts.module.js';
import { UsersModule } from '../users/users.module.js';
import { LikesController } from './likes.controller.js';

@Module({ imports: [PostsModule, UsersModule], controllers: [LikesController] })
export class LikesModule {}
