/**
 * The process that opens photos. It has no secrets, no connections and no configuration: it receives one photo at a time,
 * answers, and may be killed at any moment. Nothing here or below may load settings, stores or a framework.
 */
import type { RejectionCode } from '@app/platform/photos';
import { killGroup } from './process-group.js';
import { prepareLibrary } from './library.js';
import { HeavyPhoto } from './weight.js';
import type { Developed, DevelopRequest } from './developed.js';
import { develop } from './develop.js';
import { PhotoRejected } from './faults.js';

export type ChildMessage =
  | { kind: 'started' }
  | { kind: 'developed'; developed: Developed }
  | { kind: 'rejected'; code: RejectionCode; reason: string }
  | { kind: 'heavy'; bytes: number }
  | { kind: 'failed'; reason: string };

function reasonOf(error: unknown): string {
  const { message, cause } = error instanceof Error ? error : new Error(String(error));
  return cause instanceof Error ? `${message} (${cause.message})` : message;
}

async function answer(request: DevelopRequest): Promise<ChildMessage> {
  try {
    return { kind: 'developed', developed: await develop(request) };
  } catch (error) {
    if (error instanceof HeavyPhoto) return { kind: 'heavy', bytes: error.bytes };
    const reason = reasonOf(error);
    return error instanceof PhotoRejected
      ? { kind: 'rejected', code: error.code, reason }
      : { kind: 'failed', reason };
  }
}

const tell = (message: ChildMessage) => process.send?.(message);

process.on('message', (request: DevelopRequest) => void answer(request).then(tell));
// The parent is gone. A plain exit would wait for the library's threads, which may be busy with a photo.
process.on('disconnect', () => {
  killGroup(process.pid);
  process.kill(process.pid, 'SIGKILL');
});
// Ctrl-C reaches the whole group: the parent decides when its children end.
process.on('SIGINT', () => undefined);
process.on('SIGTERM', () => undefined);
prepareLibrary();
tell({ kind: 'started' });
