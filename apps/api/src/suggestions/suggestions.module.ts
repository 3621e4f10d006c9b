import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SuggestionsController } from './suggestions.controller.js';

@Module({ imports: [UsersModule], controllers: [SuggestionsController] })
export class SuggestionsModule {}
