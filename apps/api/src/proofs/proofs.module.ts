import { Module } from '@nestjs/common';
import { ProofsController } from './proofs.controller.js';

@Module({ controllers: [ProofsController] })
export class ProofsModule {}
