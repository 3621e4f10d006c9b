import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SessionListController } from './session-list.controller.js';
import { SessionsController } from './sessions.controller.js';
import { SignIns } from './sign-ins.js';

@Module({
  imports: [UsersModule],
  controllers: [SessionsController, SessionListController],
  providers: [SignIns],
})
export class SessionsModule {}
