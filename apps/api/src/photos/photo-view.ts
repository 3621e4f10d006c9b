import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, mediaBoundary, MediaUrls, type Config } from '@app/platform';
import { rejections, photoRenditions, renditions, type RejectionCode } from '@app/platform/photos';
import { type PhotoRow } from '@app/storage';
import type { Photo } from './photos.schemas.js';

/** Builds the photos in responses. */
@Injectable()
export class PhotoView {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly media: MediaUrls,
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
