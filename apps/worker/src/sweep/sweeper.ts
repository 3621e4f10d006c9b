import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, LOGGER, tracedFrom, type Config, type Logger } from '@app/platform';
import { AbandonedUploads } from './abandoned-uploads.js';
import { Housekeeping } from './housekeeping.js';
import { LocalFiles } from './local-files.js';
import { Overdue } from './overdue.js';

/** Interval of the search for expired rows and old trash, in milliseconds. */
const HOUSEKEEPING = 10 * 60_000;

/**
 * Looks for overdue work every few seconds. Queues only speed work up; the rows decide: one sweep recovers from emptied
 * queues, killed processes and lost messages. Several workers may sweep at once; every operation may run twice.
 */
@Injectable()
export class Sweeper {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private expired = 0;
  private stopped = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly overdue: Overdue,
    private readonly uploads: AbandonedUploads,
    private readonly housekeeping: Housekeeping,
    private readonly files: LocalFiles,
  ) {}

  start(): void {
    this.timer = setTimeout(() => {
      this.running = tracedFrom(null, ['work', 'sweep'], () => this.sweep()).finally(() => {
        if (!this.stopped) this.start();
      });
    }, this.config.SWEEP_INTERVAL);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async sweep(): Promise<void> {
    const steps = [
      () => this.overdue.sweep(),
      () => this.uploads.sweep(),
      () => this.housekeeping.sweepPhotos(),
    ];
    if (Date.now() - this.expired > HOUSEKEEPING) {
      this.expired = Date.now();
      steps.push(
        () => this.housekeeping.sweepExpired(),
        () => this.files.sweep(),
        () => this.housekeeping.sweepNotifications(),
      );
    }
    for (const step of steps) {
      await step().catch((error: unknown) =>
        this.logger.warn({ error }, 'a step of the sweep failed; the next sweep retries it'),
      );
    }
  }
}
