import { Inject, Injectable } from '@nestjs/common';
import { counter, limits, LOGGER, type Logger } from '@app/platform';
import { ErrorReports } from '@app/watch';
import { TransferRows, type TransferRow } from '@app/storage';
import { Exporting } from '../export/exporting.js';
import { Importing } from '../import/importing.js';
import { CannotImport, NoRoom, Superseded } from './endings.js';

/** How often an attempt shows that it is alive, in milliseconds. */
const HEARTBEAT = 1_000;
/** How long an import waits for room, in seconds. */
const PAUSE = 30 * 60;

type Outcome = 'made' | 'failed' | 'stopped' | 'given_up';

/** One attempt at one export or import. */
@Injectable()
export class TransferAttempts {
  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly rows: TransferRows,
    private readonly exporting: Exporting,
    private readonly importing: Importing,
    private readonly errors: ErrorReports,
  ) {}

  async run(transfer: TransferRow, stopping: AbortSignal): Promise<void> {
    const superseded = new AbortController();
    const signal = AbortSignal.any([stopping, superseded.signal]);
    let percent = transfer.progress;
    const beat = async () => {
      if (!(await this.rows.touch(transfer, percent))) superseded.abort(new Superseded());
    };
    // PostgreSQL is away: nobody else takes it up meanwhile, and the next beat asks again.
    const timer = setInterval(() => void beat().catch(() => undefined), HEARTBEAT);
    try {
      const work = transfer.kind === 'export' ? this.exporting : this.importing;
      await work.carryOut(transfer, signal, (now) => (percent = now));
      this.counted(transfer, 'made');
    } catch (error) {
      // What was waiting throws an error of its own kind.
      await this.ended(transfer, superseded.signal.aborted ? superseded.signal.reason : error, stopping);
    } finally {
      clearInterval(timer);
    }
  }

  private async ended(transfer: TransferRow, error: unknown, stopping: AbortSignal): Promise<void> {
    if (error instanceof Superseded) await this.stopped(transfer);
    else if (stopping.aborted) await this.rows.release(transfer);
    else if (error instanceof NoRoom) await this.rows.waitFor(transfer, error.lacks, PAUSE);
    else if (error instanceof CannotImport) await this.givenUp(transfer, error);
    else await this.failed(transfer, error);
  }

  private async stopped(transfer: TransferRow): Promise<void> {
    this.counted(transfer, 'stopped');
    await this.rows.endOfClosed(transfer);
  }

  private async givenUp(transfer: TransferRow, { code }: CannotImport): Promise<void> {
    if (await this.rows.giveUp(transfer, code, limits.import.keptFor)) this.counted(transfer, 'given_up');
  }

  private async failed(transfer: TransferRow, error: unknown): Promise<void> {
    const { id: transferId, kind, attempts } = transfer;
    this.counted(transfer, 'failed');
    this.logger.warn({ transferId, attempts, error }, `an ${kind} could not be made; it is tried again`);
    this.errors.report(error, { job: kind, payload: { transferId } });
    const { triedFor, keptFor } = limits[kind];
    if ((await this.rows.failed(transfer, String(error), triedFor, keptFor)) === 'failed')
      this.counted(transfer, 'given_up');
  }

  private counted({ kind }: TransferRow, outcome: Outcome): void {
    counter(kind === 'export' ? 'narwhal_exports_total' : 'narwhal_imports_total').inc({ outcome });
  }
}
