import { Controller, Req, Res } from '@nestjs/common';
import { Uploads } from '@app/domain';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { Idempotency } from '../http/idempotency.js';
import { PhotoView } from '../photos/photo-view.js';
import { photo } from '../photos/photos.schemas.js';
import { directUpload, presigned, type DirectUpload } from './direct-uploads.schemas.js';

@Controller()
export class DirectUploadsController {
  constructor(
    private readonly uploads: Uploads,
    private readonly idempotency: Idempotency,
    private readonly view: PhotoView,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/photos/presign',
    tag: 'Photos',
    summary: 'A URL by which the photo is put straight into the store; where features has direct-uploads',
    access: 'required',
    body: directUpload,
    answers: { 201: presigned },
    problems: ['photo_too_large', 'quota_exceeded', 'not_supported_by_store', 'upload_gone', 'gone'],
    idempotent: true,
    rate: 'upload',
  })
  async presignPhotoUpload(
    @Input() input: DirectUpload,
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
  ) {
    await this.uploads.assertDirect(input.bytes);
    const { id } = await this.idempotency.once(request, input, async (tx) => ({
      status: 201,
      id: await this.uploads.beginDirect(tx, caller.userId, input),
    }));
    const { put, expires, completeBy } = await this.uploads.presign(id, input);
    return {
      photoId: id,
      upload: { method: 'PUT' as const, ...put, expiresAt: expires.toISOString() },
      completeBy: completeBy.toISOString(),
    };
  }

  @Endpoint({
    method: 'POST',
    path: '/v1/photos/:id/complete',
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
  async completePhotoUpload(
    @Input() input: { id: string },
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const { id, existed } = await this.uploads.completeDirect(caller.userId, input.id);
    return this.view.made(request, reply, { status: existed ? 200 : 202, id }, caller.userId);
  }
}
