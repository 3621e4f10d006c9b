import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SessionListController } from './session-list.controller.js';
import { SessionStart } from './session-start.js';
import { SessionsController } from './sessions.controller.js';
import { SignUpController } from './sign-up.controller.js';

@Module({
  imports: [UsersModule],
  controllers: [SessionsController, SessionListController, SignUpController],
  providers: [SessionStart],
})
export class SessionsModule {}
