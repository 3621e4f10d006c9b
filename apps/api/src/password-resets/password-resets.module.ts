import { Module } from '@nestjs/common';
import { PasswordResetsController } from './password-resets.controller.js';

@Module({ controllers: [PasswordResetsController] })
export class PasswordResetsModule {}
