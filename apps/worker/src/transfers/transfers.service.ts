import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, LOGGER, type Config, type Logger } from '@app/platform';
import {
  exportNames,
  OBJECT_STORE,
  TransferRows,
  UploadRows,
  type ObjectStore,
  type TransferKind,
} from '@app/storage';
import { TransferAttempts } from './transfer-attempts.js';

const kinds: readonly TransferKind[] = ['export', 'import'];

/** Makes exports and imports, one of each kind at a time in each worker. A job only signals that one waits: the rows decide which is next. */
@Injectable()
export class Transfers {
  private readonly lanes = new Map<TransferKind, Promise<void>>();
  private readonly stopping = new AbortController();

  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'SWEEP_OVERDUE'>,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly rows: TransferRows,
    private readonly attempts: TransferAttempts,
    private readonly uploads: UploadRows,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
  ) {}

  /** Never waits: one takes hours, and an effect has one of eight turns. */
  wake(kind: TransferKind): void {
    if (this.stopping.signal.aborted || this.lanes.has(kind)) return;
    const lane = this.run(kind)
      .catch((error: unknown) =>
        this.logger.warn({ error }, `no ${kind} could be taken; the next sweep goes on`),
      )
      .finally(() => this.lanes.delete(kind));
    this.lanes.set(kind, lane);
  }

  /** Makes all that wait, and returns once none does. */
  async settle(): Promise<void> {
    for (const kind of kinds) this.wake(kind);
    await Promise.all(this.lanes.values());
  }

  /** Stops those that are being made: another worker begins an export anew, and goes on with an import. */
  async end(): Promise<void> {
    this.stopping.abort(new Error('the worker stops'));
    await Promise.all(this.lanes.values());
  }

  /** Deletes the objects of those that expired, and of closed accounts. */
  async sweep(limit: number): Promise<void> {
    for (const kind of kinds) this.wake(kind);
    for (const { id, kind, folder, attempts, upload_id } of await this.rows.over(limit)) {
      if (upload_id !== null) await this.uploads.end(upload_id);
      else await this.objects.remove(folder, exportNames(attempts));
      await this.rows.forget(id);
      counter('narwhal_swept_total').inc({ kind: kind === 'export' ? 'exports' : 'imports' });
    }
  }

  private async run(kind: TransferKind): Promise<void> {
    const { signal } = this.stopping;
    while (!signal.aborted) {
      const transfer = await this.rows.claim(kind, this.config.SWEEP_OVERDUE / 1_000);
      if (!transfer) return;
      await this.attempts.run(transfer, signal);
    }
  }
}
