import { Controller, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import { Input, type ApiReply, type ApiRequest } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { MediaService, type MediaInput } from './media.service.js';

/** A repeated parameter counts as missing: the URL was altered, which is 403 like every other alteration. */
const once = z.string().optional().catch(undefined);

const bytes = z.string().meta({ format: 'binary' });

@Controller()
export class MediaController {
  constructor(private readonly media: MediaService) {}

  @Endpoint({
    method: 'GET',
    path: '/media/:fan/:folder/:file',
    tag: 'Media',
    summary: 'A rendition, by its signed URL',
    access: 'none',
    params: z.object({ fan: z.string(), folder: z.string(), file: z.string() }),
    query: z.object({ e: once, k: once, s: once }),
    answers: { 200: bytes, 206: bytes, 304: null },
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
