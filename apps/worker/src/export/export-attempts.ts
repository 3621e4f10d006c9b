import { Inject, Injectable } from '@nestjs/common';
import { counter, limits, LOGGER, type Logger } from '@app/platform';
import { ErrorReports } from '@app/watch';
import { TransferRows, type TransferRow } from '@app/storage';
import { ExportSettling } from './export-settling.js';
import { ExportWriter } from './export-writer.js';
import { OwnData } from './own-data.js';

/** How often an attempt shows that it is alive, in milliseconds. */
const HEARTBEAT = 1_000;

/** Another attempt has begun, or the account was closed. */
class Superseded extends Error {
  override name = 'Superseded';
}

const counted = (outcome: 'made' | 'failed' | 'stopped' | 'given_up'): void =>
  counter('narwhal_exports_total').inc({ outcome });

/** One attempt at one export. */
@Injectable()
export class ExportAttempts {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly rows: TransferRows,
    private readonly own: OwnData,
    private readonly writer: ExportWriter,
    private readonly settling: ExportSettling,
    private readonly errors: ErrorReports,
  ) {}

  async run(transfer: TransferRow, stopping: AbortSignal): Promise<void> {
    const superseded = new AbortController();
    let percent = 0;
    const beat = async () => {
      if (!(await this.rows.touch(transfer, percent))) superseded.abort(new Superseded());
    };
    // PostgreSQL is away: nobody else takes it up meanwhile, and the next beat asks again.
    const timer = setInterval(() => void beat().catch(() => undefined), HEARTBEAT);
    try {
      const owner = await this.own.owner(transfer.user_id);
      if (!owner) throw new Superseded();
      const { user, total } = owner;
      const signal = AbortSignal.any([stopping, superseded.signal]);
      const progress = (bytes: number) => (percent = Math.min(99, Math.floor((100 * bytes) / (total + 1))));
      const bytes = await this.writer.write({ transfer, user, total, signal, progress });
      if (!(await this.settling.ready(transfer, bytes))) throw new Superseded();
      counted('made');
    } catch (error) {
      if (error instanceof Superseded) await this.stopped(transfer);
      else if (stopping.aborted) await this.rows.release(transfer);
      else await this.failed(transfer, error);
    } finally {
      clearInterval(timer);
    }
  }

  private async stopped(transfer: TransferRow): Promise<void> {
    counted('stopped');
    await this.rows.endOfClosed(transfer);
  }

  private async failed(transfer: TransferRow, error: unknown): Promise<void> {
    const { id: transferId, attempts } = transfer;
    counted('failed');
    this.logger.warn({ transferId, attempts, error }, 'an export could not be made; it is tried again');
    this.errors.report(error, { job: 'export', payload: { transferId } });
    const { triedFor, keptFor } = limits.export;
    if ((await this.rows.failed(transfer, String(error), triedFor, keptFor)) === 'failed')
      counted('given_up');
  }
}
