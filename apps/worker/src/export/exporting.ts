import { Injectable } from '@nestjs/common';
import type { TransferRow } from '@app/storage';
import { Superseded } from '../transfers/endings.js';
import { ExportSettling } from './export-settling.js';
import { ExportWriter } from './export-writer.js';
import { OwnData } from './own-data.js';

/** Makes an export whole, or not at all. */
@Injectable()
export class Exporting {
  constructor(
    private readonly own: OwnData,
    private readonly writer: ExportWriter,
    private readonly settling: ExportSettling,
  ) {}

  /** @throws Superseded; the signal's reason */
  async carryOut(transfer: TransferRow, signal: AbortSignal, tell: (percent: number) => void): Promise<void> {
    const owner = await this.own.owner(transfer.user_id);
    if (!owner) throw new Superseded();
    const { user, total } = owner;
    const progress = (bytes: number) => tell(Math.min(99, Math.floor((100 * bytes) / (total + 1))));
    const bytes = await this.writer.write({ transfer, user, total, signal, progress });
    if (!(await this.settling.ready(transfer, bytes))) throw new Superseded();
  }
}
