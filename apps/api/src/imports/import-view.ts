import type { TransferRow, TransferState } from '@app/storage';
import type { z } from 'zod';
import { failures, type imported } from './imports.schemas.js';

export type ShownImport = z.input<typeof imported>;

const states: Partial<Record<TransferState, ShownImport['state']>> = {
  importing: 'running',
  ready: 'ready',
  failed: 'failed',
};

/** An import in answers: its row's states are its own, those of the answer are an export's. */
export function showImport({ id, state, progress, waiting_for, error, report }: TransferRow): ShownImport {
  const failure = failures.find((code) => code === error) ?? 'unavailable';
  return {
    id,
    state: states[state] ?? 'waiting',
    progress,
    waitingFor: waiting_for,
    failure: state === 'failed' ? failure : null,
    report,
  };
}
