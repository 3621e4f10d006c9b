import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { PhotosController } from './photos.controller.js';
import { OriginalsController } from './originals.controller.js';
import { FormUploads } from './form-uploads.js';
import { PhotoView } from './photo-view.js';

@Module({
  imports: [MediaModule],
  controllers: [PhotosController, OriginalsController],
  providers: [FormUploads, PhotoView],
  exports: [PhotoView],
})
export class PhotosModule {}
