import { Injectable } from '@nestjs/common';
import { UnitOfWork, type CommittedEffect } from '@app/storage';
import { Counts } from './counts.js';
import { invalidationsOf } from './invalidations.js';
import { LiveBus } from './live-bus.js';
import { PendingInvalidations } from './pending-invalidations.js';

/**
 * Runs after each transaction of this process, before its caller continues: applies at once what the transaction wrote into the
 * outbox for Redis. The worker applies the row if this process dies first.
 */
@Injectable()
export class AfterCommit {
  constructor(
    work: UnitOfWork,
    counts: Counts,
    private readonly pending: PendingInvalidations,
    private readonly live: LiveBus,
  ) {
    work.onTell((message) => live.publish(message));
    work.onDelta(({ counter, subjectId, delta, since }) => counts.changed(counter, subjectId, delta, since));
    work.onEffects((effects) => this.carryOut(effects));
  }

  private carryOut(effects: readonly CommittedEffect[]): Promise<void> {
    for (const { kind, subjectId } of effects)
      if (kind === 'session.ended') this.live.publish({ kind: 'ended', session: subjectId });
    return this.pending.invalidate(...effects.flatMap(invalidationsOf));
  }
}
