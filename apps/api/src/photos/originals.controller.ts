import { Controller, Req, Res } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import { PhotoAccess } from '@app/domain';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { MediaService } from '../media/media.service.js';

const bytes = z.string().meta({ format: 'binary', description: 'The file.' });

/** Originals contain what a phone records, such as places. Only their owner may download them, and nothing displays them. */
@Controller()
export class OriginalsController {
  constructor(
    private readonly access: PhotoAccess,
    private readonly media: MediaService,
  ) {}

  @Endpoint({
    method: 'GET',
    path: '/v1/photos/:id/original',
    tag: 'Photos',
    summary: 'The bytes of one’s own photo, as they were sent',
    access: 'required',
    params: z.object({ id: pathId }),
    answers: { 200: bytes, 206: bytes },
    mediaTypes: limits.photo.formats,
    headers: ['ETag'],
    problems: ['not_found', 'range_not_satisfiable'],
  })
  async downloadOriginal(
    @Input() input: { id: Id },
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res() reply: ApiReply,
  ): Promise<void> {
    const photo = await this.access.own(input.id, caller.userId);
    if (!photo) throw problem('not_found');
    await this.media.sendOriginal(photo, request, reply);
  }
}
