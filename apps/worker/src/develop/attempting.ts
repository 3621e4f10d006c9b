import { Inject, Injectable } from '@nestjs/common';
import { histogram, LOGGER, type Logger } from '@app/platform';
import { AttemptRows, type DevelopedFacts, type PhotoRow } from '@app/storage';
import { DevelopCrash, PhotoRejected, type Developed } from '@app/images';
import { ErrorReports } from '@app/watch';
import { RenditionWriter } from './rendition-writer.js';
import { Settling } from './settling.js';

/** After this many crashes, each with no other child running, the photo itself is at fault. */
const CRASHES = 3;

/** One attempt at one photo, and its outcome: `ready`, `rejected`, or a retry when the photo is not at fault. */
@Injectable()
export class Attempting {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly rows: AttemptRows,
    private readonly renditions: RenditionWriter,
    private readonly settling: Settling,
    private readonly errors: ErrorReports,
  ) {}

  /** Returns `heavy` when the photo has more pixels than allowed here; nothing has been done then. */
  async run(photo: PhotoRow, mostPixels: number): Promise<'heavy' | 'over'> {
    const observe = histogram('narwhal_photo_develop_seconds').startTimer();
    try {
      const developed = await this.renditions.write(photo, mostPixels);
      observe();
      await this.settling.ready(photo, factsOf(developed));
    } catch (error) {
      if (!(error instanceof PhotoRejected)) await this.putBack(photo, error);
      else if (error.code === 'too_many_pixels' && mostPixels !== Infinity) return 'heavy';
      else await this.reject(photo, error.code, reasonOf(error));
    }
    return 'over';
  }

  private async reject(photo: PhotoRow, code: string, reason: string): Promise<void> {
    this.logger.info({ photoId: photo.id, code, reason }, 'a photo is rejected');
    await this.settling.reject(photo, code);
  }

  private async putBack(photo: PhotoRow, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    const { id: photoId, folder } = photo;
    this.logger.warn({ photoId, folder, reason }, 'a photo is put back, to be tried again');
    this.errors.report(error, { job: 'develop', payload: { photoId } });
    if (!(error instanceof DevelopCrash)) return this.rows.putBack(photo, reason);
    const crashes = await this.rows.putBackCrashed(photo, reason, error.alone);
    if (crashes >= CRASHES)
      await this.reject(photo, 'too_complex', `${crashes} children died of it: ${reason}`);
  }
}

/** The error's message, with the child's own output. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const lastWords = error instanceof DevelopCrash && error.lastWords ? error.lastWords.trim() : null;
  const cause = error.cause instanceof Error ? error.cause.message : lastWords;
  return cause ? `${error.message} (${cause})` : error.message;
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
