import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, mediaBoundary, MediaUrls, problem, type Config, type Id } from '@app/platform';
import { rejections, photoRenditions, renditions, type RejectionCode } from '@app/platform/photos';
import { type PhotoRow } from '@app/storage';
import { PhotoAccess } from '@app/domain';
import type { ApiReply, ApiRequest } from '../http/call.js';
import type { Made } from '../http/idempotency.js';
import { wait, waitSecondsOf } from '../http/prefer.js';
import type { Photo } from './photos.schemas.js';

/** Builds the photos in responses, and waits for those that are still processing. */
@Injectable()
export class PhotoView {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly media: MediaUrls,
    private readonly access: PhotoAccess,
  ) {}

  show(row: PhotoRow): Photo {
    return {
      id: row.id,
      state: row.state === 'uploading' ? 'processing' : row.state,
      width: row.width,
      height: row.height,
      altText: row.alt_text || null,
      thumbhash: row.thumbhash,
      color: row.color,
      renditions: this.renditions(row),
      rejection: row.rejection === null ? null : { code: row.rejection, detail: detailOf(row.rejection) },
      createdAt: row.created_at.toISOString(),
    };
  }

  /** A photo that the viewer may see; undefined when there is none. */
  settled(request: ApiRequest, reply: ApiReply, id: Id, viewer: Id | null): Promise<Photo | undefined> {
    return this.wait(request, reply, async () => (await this.access.visible([id], viewer))[0]);
  }

  /** 202 for a new photo, 201 for one that was ready within `Prefer: wait`, 200 for one that existed before. */
  async made(request: ApiRequest, reply: ApiReply, made: Made, owner: Id): Promise<Photo> {
    const shown = await this.wait(request, reply, () => this.access.own(made.id, owner));
    if (!shown) throw problem('gone');
    const readyInTime = shown.state === 'ready' && waitSecondsOf(request) > 0;
    const status = made.status === 200 ? 200 : readyInTime ? 201 : 202;
    void reply.status(status).header('location', `/v1/photos/${made.id}`);
    return shown;
  }

  /** `Prefer: wait`, and `Retry-After` where that is over. */
  private async wait(request: ApiRequest, reply: ApiReply, read: () => Promise<PhotoRow | null | undefined>) {
    const row = await wait(request, reply, read, (found) => found?.state !== 'processing');
    if (row?.state === 'processing') void reply.header('retry-after', '1');
    return row ? this.show(row) : undefined;
  }

  /** The time until which the URLs of these photos stay the same, in milliseconds since 1970. */
  sameUntil(rows: readonly PhotoRow[], now = Date.now()): number {
    return Math.min(...rows.map(({ folder }) => mediaBoundary(folder, now) * 1000));
  }

  private renditions({ renditions: sizes, folder }: PhotoRow): Photo['renditions'] {
    if (sizes === null) return null;
    const query = this.media.query(folder);
    const shown = photoRenditions.map((name) => {
      const { file, type } = renditions[name];
      const size = sizes[name] ?? { width: 0, height: 0 };
      const url = `${this.config.mediaUrl}/media/${folder}/${file}${query}`;
      return [name, { url, width: size.width, height: size.height, type }];
    });
    return Object.fromEntries(shown) as Photo['renditions'];
  }
}

/** A code from another release still gets a sentence. */
function detailOf(code: string): string {
  return code in rejections ? rejections[code as RejectionCode] : 'This photo could not be developed.';
}
