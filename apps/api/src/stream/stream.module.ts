import { Module } from '@nestjs/common';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { StreamController } from './stream.controller.js';
import { StreamNews } from './stream-news.js';
import { Streams } from './streams.js';
import { StreamService } from './stream.service.js';

@Module({
  imports: [NotificationsModule],
  controllers: [StreamController],
  providers: [StreamNews, Streams, StreamService],
})
export class StreamModule {}
