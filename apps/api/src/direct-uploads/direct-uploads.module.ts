import { Module } from '@nestjs/common';
import { PhotosModule } from '../photos/photos.module.js';
import { DirectUploadsController } from './direct-uploads.controller.js';
import { DirectUploads } from './direct-uploads.service.js';
import { DirectCompletion } from './direct-completion.service.js';

@Module({
  imports: [PhotosModule],
  controllers: [DirectUploadsController],
  providers: [DirectUploads, DirectCompletion],
})
export class DirectUploadsModule {}
