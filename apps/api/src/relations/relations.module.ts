import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { RelationListsController } from './relation-lists.controller.js';
import { RelationsController } from './relations.controller.js';

@Module({ imports: [UsersModule], controllers: [RelationsController, RelationListsController] })
export class RelationsModule {}
