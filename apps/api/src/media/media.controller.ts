import { Controller, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import { Input, type ApiReply, type ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { shown } from '../http/fields.js';
import { MediaService, type MediaInput } from './media.service.js';

/** A repeated parameter counts as missing: the URL was altered, which is 403 like every other alteration. */
const once = z.string().meta({ maxLength: 100 }).optional().catch(undefined);

const bytes = z.string().meta({ format: 'binary', description: 'The picture.' });

@Controller()
export class MediaController {
  constructor(private readonly media: MediaService) {}

  @Endpoint({
    method: 'GET',
    path: '/media/:fan/:folder/:file',
    tag: 'Media',
    summary: 'A rendition, by its signed URL',
    access: 'none',
    params: z.object({
      fan: shown(2, 'The beginning of the photo’s folder.'),
      folder: shown(30, 'The rest of it.'),
      file: shown(40, 'Which rendition.'),
    }),
    query: z.object({
      e: once.meta({ description: 'When it expires, in seconds since 1970.' }),
      k: once.meta({ description: 'The key that signed it.' }),
      s: once.meta({ description: 'The signature.' }),
    }),
    answers: { 200: bytes, 206: bytes, 304: null },
    mediaTypes: ['image/webp', 'image/jpeg'],
    headers: ['ETag'],
    problems: ['url_expired', 'url_invalid', 'not_found', 'range_not_satisfiable'],
    rate: 'none',
  })
  async downloadRendition(
    @Input() input: MediaInput,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    await this.media.send(input, request, reply);
  }
}
