import { Module } from '@nestjs/common';
import { SessionsModule } from '../sessions/sessions.module.js';
import { IdentitiesController } from './identities.controller.js';
import { IdentitySessionsController } from './identity-sessions.controller.js';
import { SuggestedNames } from './suggested-names.js';

@Module({
  imports: [SessionsModule],
  controllers: [IdentitySessionsController, IdentitiesController],
  providers: [SuggestedNames],
})
export class IdentitiesModule {}
