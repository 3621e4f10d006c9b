import { Controller, Req, Res } from '@nestjs/common';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { PhotoAnswers } from '../photos/photo-answers.js';
import { photo } from '../photos/photos.schemas.js';
import { DirectCompletion } from './direct-completion.service.js';
import { directUpload, presigned, type DirectUpload } from './direct-uploads.schemas.js';
import { DirectUploads } from './direct-uploads.service.js';

@Controller()
export class DirectUploadsController {
  constructor(
    private readonly direct: DirectUploads,
    private readonly completion: DirectCompletion,
    private readonly answers: PhotoAnswers,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/photos/presign',
    operationId: 'presignPhoto',
    tag: 'Photos',
    summary: 'A URL by which the photo is put straight into the store; where features has direct-uploads',
    access: 'required',
    body: directUpload,
    answers: { 201: presigned },
    problems: ['photo_too_large', 'quota_exceeded', 'not_supported_by_store', 'upload_gone', 'gone'],
    idempotent: true,
    rate: 'upload',
  })
  async begin(@Input() input: DirectUpload, @CallerOf() caller: Caller, @Req() request: ApiRequest) {
    return this.direct.begin(request, caller.userId, input);
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/photos/:id/complete',
    operationId: 'completePhoto',
    tag: 'Photos',
    summary:
      'Say that the photo is in the store: 202 while it is developed, 201 when it was within Prefer: wait, 200 when repeated or sent before',
    access: 'required',
    params: z.object({ id: pathId }),
    answers: { 202: photo, 201: photo, 200: photo },
    headers: ['Location'],
    problems: [
      'not_found',
      'upload_not_arrived',
      'upload_gone',
      'unsupported_media_type',
      'quota_exceeded',
      'gone',
    ],
    waits: true,
    rate: 'write',
  })
  async complete(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const made = await this.completion.complete(caller.userId, input.id);
    return this.answers.made(request, reply, made, caller.userId);
  }
}
