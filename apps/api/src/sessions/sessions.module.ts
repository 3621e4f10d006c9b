import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SessionListController } from './session-list.controller.js';
import { SessionStart } from './session-start.js';
import { SessionsController } from './sessions.controller.js';

@Module({
  imports: [UsersModule],
  controllers: [SessionsController, SessionListController],
  providers: [SessionStart],
  exports: [SessionStart],
})
export class SessionsModule {}
