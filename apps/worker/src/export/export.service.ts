import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, LOGGER, type Config, type Logger } from '@app/platform';
import { exportNames, OBJECT_STORE, TransferRows, type ObjectStore } from '@app/storage';
import { ExportAttempts } from './export-attempts.js';

/** Makes exports, one at a time in each worker. A job only signals that one waits: the rows decide which is next. */
@Injectable()
export class ExportService {
  private lane: Promise<void> | null = null;
  private readonly stopping = new AbortController();

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'SWEEP_OVERDUE'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly rows: TransferRows,
    private readonly attempts: ExportAttempts,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /** Never waits: an export takes hours, and an effect has one of eight turns. */
  wake(): void {
    if (this.stopping.signal.aborted) return;
    this.lane ??= this.run()
      .catch((error: unknown) =>
        this.logger.warn({ error }, 'no export could be taken; the next sweep goes on'),
      )
      .finally(() => (this.lane = null));
  }

  /** Makes all that wait, and returns once none does. */
  async settle(): Promise<void> {
    this.wake();
    await this.lane;
  }

  /** Stops the one that is being made; another worker begins it anew. */
  async end(): Promise<void> {
    this.stopping.abort(new Error('the worker stops'));
    await this.lane;
  }

  /** Deletes the objects of those that expired, and of closed accounts. */
  async sweep(limit: number): Promise<void> {
    this.wake();
    for (const { id, folder, attempts } of await this.rows.over(limit)) {
      await this.objects.remove(folder, exportNames(attempts));
      await this.rows.forget(id);
      counter('narwhal_swept_total').inc({ kind: 'exports' });
    }
  }

  private async run(): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const transfer = await this.rows.claim(this.config.SWEEP_OVERDUE / 1_000);
      if (!transfer) return;
      await this.attempts.run(transfer, signal);
    }
  }
}
