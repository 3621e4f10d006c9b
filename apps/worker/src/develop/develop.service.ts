import { Inject, Injectable } from '@nestjs/common';
import { histogram, LOGGER, type Id, type Logger } from '@app/platform';
import { ObjectMissing, PhotoRows, type DevelopedFacts, type PhotoRow } from '@app/storage';
import { DevelopCrash, PhotoRejected, type Developed } from '@app/storage/images';
import { AtWork } from './at-work.js';
import { RenditionWriter } from './rendition-writer.js';
import { Settling } from './settling.js';

/** A photo whose child died at this many attempts has done it itself. */
const CRASHES = 2;

/** Takes one photo from `processing` to `ready` or `rejected`. May run twice at once: the newest attempt's outcome counts. */
@Injectable()
export class DevelopService {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly photos: PhotoRows,
    private readonly renditions: RenditionWriter,
    private readonly atWork: AtWork,
    private readonly settling: Settling,
  ) {}

  async run(photoId: Id): Promise<void> {
    const photo = await this.photos.beginAttempt(photoId);
    if (photo) await this.atWork.during(photoId, () => this.attempt(photo));
  }

  private async attempt(photo: PhotoRow): Promise<void> {
    const observe = histogram('narwhal_photo_develop_seconds').startTimer();
    try {
      const developed = await this.renditions.write(photo);
      observe();
      await this.settling.ready(photo.id, photo.attempt, factsOf(developed));
    } catch (error) {
      const code = this.codeOf(error, photo);
      if (code === null) throw error;
      this.logger.info({ photoId: photo.id, code, error }, 'a photo is rejected');
      await this.settling.reject(photo.id, photo.attempt, code);
    }
  }

  /** The rejection that a failure means; null when the photo may be good and is tried again. */
  private codeOf(error: unknown, photo: PhotoRow): string | null {
    if (error instanceof PhotoRejected) return error.code;
    if (error instanceof ObjectMissing) {
      this.logger.error({ photoId: photo.id, folder: photo.folder }, 'an original is missing from the store');
      return 'photo_damaged';
    }
    return error instanceof DevelopCrash && photo.attempt >= CRASHES ? 'photo_damaged' : null;
  }
}

function factsOf(developed: Developed & Pick<DevelopedFacts, 'sha256'>): DevelopedFacts {
  const { width, height, thumbhash, color, renditions, sha256 } = developed;
  const sizes = Object.entries(renditions).map(([name, made]) => [
    name,
    { width: made.width, height: made.height, bytes: made.bytes },
  ]);
  return {
    width,
    height,
    thumbhash,
    color,
    sha256,
    renditions: Object.fromEntries(sizes) as DevelopedFacts['renditions'],
  };
}
