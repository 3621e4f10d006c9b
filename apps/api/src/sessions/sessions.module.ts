import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SessionListController } from './session-list.controller.js';
import { SessionsController } from './sessions.controller.js';

@Module({ imports: [UsersModule], controllers: [SessionsController, SessionListController] })
export class SessionsModule {}
