import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { PhotosController } from './photos.controller.js';
import { OriginalsController } from './originals.controller.js';
import { DiskRoom } from './disk-room.js';
import { UploadReader } from './upload-reader.js';
import { MultipartUploads } from './multipart-uploads.js';
import { PhotosService } from './photos.service.js';
import { PhotoReading } from './photo-reading.service.js';
import { PhotoView } from './photo-view.js';
import { PhotoAnswers } from './photo-answers.js';

@Module({
  imports: [MediaModule],
  controllers: [PhotosController, OriginalsController],
  providers: [DiskRoom, UploadReader, MultipartUploads, PhotosService, PhotoReading, PhotoView, PhotoAnswers],
  exports: [PhotoAnswers, DiskRoom, PhotoView],
})
export class PhotosModule {}
