import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SuggestionsController } from './suggestions.controller.js';
import { SuggestionsService } from './suggestions.service.js';

@Module({ imports: [UsersModule], controllers: [SuggestionsController], providers: [SuggestionsService] })
export class SuggestionsModule {}
