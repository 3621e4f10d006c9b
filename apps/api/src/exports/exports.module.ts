import { Module } from '@nestjs/common';
import { MediaModule } from '../media/media.module.js';
import { ExportView } from './export-view.js';
import { ExportsController } from './exports.controller.js';

@Module({
  imports: [MediaModule],
  controllers: [ExportsController],
  providers: [ExportView],
  exports: [ExportView],
})
export class ExportsModule {}
