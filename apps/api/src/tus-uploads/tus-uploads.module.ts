import { Module } from '@nestjs/common';
import { PhotosModule } from '../photos/photos.module.js';
import { TusUploadsController } from './tus-uploads.controller.js';
import { TusUploads } from './tus-uploads.js';

@Module({ imports: [PhotosModule], controllers: [TusUploadsController], providers: [TusUploads] })
export class TusUploadsModule {}
