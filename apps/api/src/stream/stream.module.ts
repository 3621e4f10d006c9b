import { Module } from '@nestjs/common';
import { NotificationsModule } from '../notifications/notifications.module.js';
import { StreamController } from './stream.controller.js';
import { Streams } from './streams.js';

@Module({ imports: [NotificationsModule], controllers: [StreamController], providers: [Streams] })
export class StreamModule {}
