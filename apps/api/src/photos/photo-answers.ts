import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import type { ApiReply, ApiRequest } from '../http/call.js';
import type { Made } from '../http/idempotency.js';
import { wait, waitSecondsOf } from '../http/prefer.js';
import { PhotoReading } from './photo-reading.service.js';
import { PhotoView } from './photo-view.js';
import type { Photo } from './photos.schemas.js';

/** Responses for a photo that may still be processing: `Prefer: wait`, `Retry-After`, and the status. */
@Injectable()
export class PhotoAnswers {
  constructor(
    private readonly reading: PhotoReading,
    private readonly view: PhotoView,
  ) {}

  async settled(request: ApiRequest, reply: ApiReply, id: Id, viewer: Id | null): Promise<Photo | undefined> {
    const read = async () => (await this.reading.visible([id], viewer))[0];
    const row = await wait(request, reply, read, (found) => found?.state !== 'processing');
    if (row?.state === 'processing') void reply.header('retry-after', '1');
    return row && this.view.show(row);
  }

  /** 202 for a new photo, 201 for one that was ready within `Prefer: wait`, 200 for one that existed before. */
  async made(request: ApiRequest, reply: ApiReply, made: Made, owner: Id): Promise<Photo> {
    const shown = await this.settled(request, reply, made.id, owner);
    if (!shown) throw problem('gone');
    const readyInTime = shown.state === 'ready' && waitSecondsOf(request) > 0;
    const status = made.status === 200 ? 200 : readyInTime ? 201 : 202;
    void reply.status(status).header('location', `/v1/photos/${made.id}`);
    return shown;
  }
}
