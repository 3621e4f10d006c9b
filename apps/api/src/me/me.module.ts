import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { AcceptedTermsController } from './accepted-terms.controller.js';
import { ClosingController } from './closing.controller.js';
import { MeController } from './me.controller.js';

@Module({ imports: [UsersModule], controllers: [MeController, ClosingController, AcceptedTermsController] })
export class MeModule {}
