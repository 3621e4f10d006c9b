import { Module } from '@nestjs/common';
import { TextEntities } from './text-entities.js';

@Module({ providers: [TextEntities], exports: [TextEntities] })
export class TextsModule {}
