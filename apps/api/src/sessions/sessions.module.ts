import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SessionsController } from './sessions.controller.js';
import { SignUpController } from './sign-up.controller.js';
import { SessionsService } from './sessions.service.js';

@Module({
  imports: [UsersModule],
  controllers: [SessionsController, SignUpController],
  providers: [SessionsService],
  exports: [SessionsService],
})
export class SessionsModule {}
