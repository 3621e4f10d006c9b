import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOGGER, type Config, type Logger } from '@app/platform';
import { AttemptRows, HEAVY_PIXELS, type PhotoRow } from '@app/storage';
import { ErrorReports } from '@app/watch';
import { AtWork } from './at-work.js';
import { Attempting } from './attempting.js';
import { HeavyLanes, type HeavyPlace } from './heavy-lanes.js';

/**
 * Develops waiting photos one after another, in as many lanes as there are children. A job only signals that there is work:
 * the rows decide which photo is next, fairly between owners, and a lane continues until none is left.
 */
@Injectable()
export class DevelopService {
  private readonly lanes = new Set<Promise<number>>();
  private readonly heavy: HeavyLanes;
  private ending = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly attempts: AttemptRows,
    private readonly attempting: Attempting,
    private readonly atWork: AtWork,
    private readonly errors: ErrorReports,
  ) {
    this.heavy = new HeavyLanes(config.DEVELOP_CONCURRENCY);
  }

  get isBusy(): boolean {
    return this.lanes.size > 0;
  }

  /** Takes photos until none is left, unless every lane is already running. Returns their number. */
  async run(): Promise<number> {
    if (this.ending || this.lanes.size >= this.config.DEVELOP_CONCURRENCY) return 0;
    const lane = this.lane().finally(() => this.lanes.delete(lane));
    this.lanes.add(lane);
    return lane;
  }

  /**
   * Opens every free lane: for photos whose job is lost, whose pause is over or whose worker is dead. A lane reports only its
   * first photo: the later ones have their jobs, and counting them would make a backlog look like lost photos.
   */
  wake(found: () => void): void {
    for (let lanes = this.lanes.size; lanes < this.config.DEVELOP_CONCURRENCY; lanes += 1)
      this.run().then(
        (photos) => photos > 0 && found(),
        (error: unknown) => {
          this.logger.warn({ error }, 'no photo could be taken; the next sweep goes on');
          this.errors.report(error, { job: 'develop' });
        },
      );
  }

  /** Takes no more photos, and waits for those in progress. */
  async end(): Promise<void> {
    this.ending = true;
    // Each lane's starter has reported its failure; this only waits.
    await Promise.allSettled(this.lanes);
  }

  private async lane(): Promise<number> {
    let photos = 0;
    while (!this.ending && (await this.next())) photos += 1;
    return photos;
  }

  private async next(): Promise<boolean> {
    const place = this.heavy.reserve();
    try {
      const photo = await this.attempts.take(this.config.SWEEP_OVERDUE / 1000, place !== null);
      if (photo) await this.atWork.during(photo.id, () => this.attempt(photo, place));
      return photo !== null;
    } finally {
      place?.free();
    }
  }

  /** Treats a photo of unknown size as a light one. If it proves to be heavy, it continues in a free heavy place, or goes back. */
  private async attempt(photo: PhotoRow, place: HeavyPlace | null): Promise<void> {
    const isKnown = Number(photo.pixels ?? 0) > HEAVY_PIXELS;
    if (!isKnown) place?.free();
    try {
      if (!isKnown && (await this.attempting.run(photo, HEAVY_PIXELS)) !== 'heavy') return;
      const own = isKnown ? place : this.heavy.reserve();
      if (!own) return await this.attempts.release(photo);
      try {
        await this.attempting.run(photo, Infinity);
      } finally {
        own.free();
      }
    } catch (error) {
      this.logger.error({ error, photoId: photo.id }, 'an attempt at a photo was lost; it is tried again');
    }
  }
}
