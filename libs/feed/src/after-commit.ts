import { Injectable } from '@nestjs/common';
import type { LiveMessage } from '@app/platform';
import type { CommitListener, CommittedDelta, CommittedEffect } from '@app/storage';
import { Counts } from './counts.js';
import { invalidationsOf } from './invalidations.js';
import { LiveBus } from './live-bus.js';
import { PendingInvalidations } from './pending-invalidations.js';

/**
 * Runs after each transaction of this process, before its caller continues: applies at once what the transaction wrote into the
 * outbox for Redis. The worker applies the row if this process dies first.
 */
@Injectable()
export class AfterCommit implements CommitListener {
  constructor(
    private readonly counts: Counts,
    private readonly pending: PendingInvalidations,
    private readonly live: LiveBus,
  ) {}

  tell(message: LiveMessage): void {
    this.live.publish(message);
  }

  async committed(deltas: readonly CommittedDelta[], effects: readonly CommittedEffect[]): Promise<void> {
    for (const { kind, subjectId } of effects)
      if (kind === 'session.ended') this.live.publish({ kind: 'ended', session: subjectId });
    await Promise.all([
      this.pending.invalidate(...effects.flatMap(invalidationsOf)),
      ...deltas.map(({ counter, subjectId, delta, since }) =>
        this.counts.changed(counter, subjectId, delta, since),
      ),
    ]);
  }
}
