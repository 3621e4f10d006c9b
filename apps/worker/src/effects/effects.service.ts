import { Injectable } from '@nestjs/common';
import { FeedRedis } from '@app/feed';
import type { Id } from '@app/platform';
import { OutboxRows } from '@app/storage';
import { Effects } from './effects.js';

/** Carries out one outbox row: runs its effect, then deletes it. A row whose effect throws stays, for the sweeper. */
@Injectable()
export class EffectsService {
  constructor(
    private readonly outbox: OutboxRows,
    private readonly effects: Effects,
    private readonly redis: FeedRedis,
  ) {}

  async run(outboxId: Id): Promise<void> {
    const row = await this.outbox.begin(outboxId);
    if (!row) return;
    try {
      await this.redis.confirm();
      await this.effects.carryOut(row);
    } catch (error) {
      await this.outbox.failed(outboxId, String(error));
      throw error;
    }
    await this.outbox.done(outboxId);
  }
}
