import { Module } from '@nestjs/common';
import { AdminController } from './admin.controller.js';
import { RegistrationsController } from './registrations.controller.js';

@Module({ controllers: [AdminController, RegistrationsController] })
export class AdminModule {}
