import { Controller, Req, Res } from '@nestjs/common';
import { problem } from '@app/platform';
import { PhotoAccess, Photos, Uploads } from '@app/domain';
import type { Origin } from '@app/storage';
import { z } from 'zod';
import { CallerOf, Input, type ApiReply, type ApiRequest, type Caller } from '../http/call.js';
import { Endpoint } from '../http/endpoint.js';
import { pathId } from '../http/fields.js';
import { fresh, tagOf } from '../http/freshness.js';
import { OriginOf } from '../http/origin.js';
import { FormUploads } from './form-uploads.js';
import { PhotoView } from './photo-view.js';
import { idList, photo, photoChange, photosById, upload } from './photos.schemas.js';

const params = z.object({ id: pathId });

@Controller()
export class PhotosController {
  constructor(
    private readonly forms: FormUploads,
    private readonly photos: Photos,
    private readonly uploads: Uploads,
    private readonly access: PhotoAccess,
    private readonly view: PhotoView,
  ) {}

  @Endpoint({
    method: 'POST',
    path: '/v1/photos',
    tag: 'Photos',
    summary:
      'Upload a photo: 202 while it is developed, 201 when it was within Prefer: wait, 200 for bytes sent before',
    access: 'required',
    multipart: upload,
    answers: { 202: photo, 201: photo, 200: photo },
    headers: ['Location'],
    problems: [
      'photo_too_large',
      'unsupported_media_type',
      'quota_exceeded',
      'body_incomplete',
      'expectation_failed',
      'disk_full',
      'gone',
    ],
    idempotent: true,
    waits: true,
    rate: 'upload',
  })
  async uploadPhoto(
    @CallerOf() caller: Caller,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const made = await this.forms.upload(request, caller.userId);
    return this.view.made(request, reply, made, caller.userId);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/photos/:id',
    tag: 'Photos',
    summary: 'A photo',
    access: 'optional',
    params,
    answers: { 200: photo },
    headers: ['ETag'],
    problems: ['not_found'],
    waits: true,
  })
  async getPhoto(
    @Input() input: { id: string },
    @CallerOf() caller: Caller | null,
    @Req() request: ApiRequest,
    @Res({ passthrough: true }) reply: ApiReply,
  ) {
    const shown = await this.view.settled(request, reply, input.id, caller?.userId ?? null);
    if (!shown) throw problem('not_found');
    const url = shown.renditions?.w1080.url ?? '';
    return fresh(request, reply, tagOf(shown.id, shown.state, shown.altText, url), shown);
  }

  @Endpoint({
    method: 'GET',
    path: '/v1/photos',
    tag: 'Photos',
    summary: 'Several photos; what is gone or hidden is left out',
    access: 'optional',
    query: idList,
    answers: { 200: photosById },
  })
  async getPhotosByIds(@Input() input: z.output<typeof idList>, @CallerOf() caller: Caller | null) {
    const rows = await this.access.visible(input.ids, caller?.userId ?? null);
    return { items: rows.map((row) => this.view.show(row)) };
  }

  @Endpoint({
    method: 'PATCH',
    path: '/v1/photos/:id',
    tag: 'Photos',
    summary: 'Describe a photo: an absent field stays, null clears',
    access: 'required',
    params,
    body: photoChange,
    answers: { 200: photo },
    problems: ['not_found'],
    rate: 'write',
  })
  async updatePhoto(
    @Input() input: { id: string } & z.output<typeof photoChange>,
    @CallerOf() caller: Caller,
  ) {
    await this.photos.change(caller.userId, input.id, input.altText);
    return this.view.show(await this.access.one(input.id, caller.userId));
  }

  @Endpoint({
    method: 'DELETE',
    path: '/v1/photos/:id',
    tag: 'Photos',
    summary: 'Delete an unposted photo',
    access: 'required',
    params,
    answers: { 204: null },
    problems: ['not_found', 'photo_in_use'],
    rate: 'write',
  })
  async deletePhoto(
    @Input() { id }: { id: string },
    @CallerOf() { userId }: Caller,
    @OriginOf() from: Origin,
  ): Promise<void> {
    if (!(await this.uploads.discardDirect(userId, id))) await this.photos.remove(userId, id, from);
  }
}
