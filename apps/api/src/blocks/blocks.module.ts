import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { BlocksController } from './blocks.controller.js';
import { BlocksService } from './blocks.service.js';

@Module({ imports: [UsersModule], controllers: [BlocksController], providers: [BlocksService] })
export class BlocksModule {}
