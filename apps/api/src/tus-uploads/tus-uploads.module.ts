import { Module } from '@nestjs/common';
import { PhotosModule } from '../photos/photos.module.js';
import { UploadsController } from './uploads.controller.js';
import { UploadSecrets } from './upload-secrets.js';
import { TusUploads } from './tus-uploads.js';
import { TusAppends } from './tus-appends.js';

@Module({
  imports: [PhotosModule],
  controllers: [UploadsController],
  providers: [UploadSecrets, TusUploads, TusAppends],
})
export class TusUploadsModule {}
