import { Module } from '@nestjs/common';
import { PhotosModule } from '../photos/photos.module.js';
import { DirectUploadsController } from './direct-uploads.controller.js';

@Module({ imports: [PhotosModule], controllers: [DirectUploadsController] })
export class DirectUploadsModule {}
