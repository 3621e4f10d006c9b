import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SessionsModule } from '../sessions/sessions.module.js';
import { MeController } from './me.controller.js';
import { ProfileService } from './profile.service.js';
import { MeService } from './me.service.js';
import { AvatarService } from './avatar.service.js';

@Module({
  imports: [UsersModule, SessionsModule],
  controllers: [MeController],
  providers: [ProfileService, MeService, AvatarService],
})
export class MeModule {}
