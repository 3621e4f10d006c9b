import { Module } from '@nestjs/common';
import { UsersModule } from '../users/users.module.js';
import { SignUpsController } from './sign-ups.controller.js';

@Module({ imports: [UsersModule], controllers: [SignUpsController] })
export class SignUpsModule {}
