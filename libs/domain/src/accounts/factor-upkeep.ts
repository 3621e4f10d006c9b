import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, type Config } from '@app/platform';
import { FactorRows, nowhere, UnitOfWork, UserRows } from '@app/storage';
import { AccountRecord } from './account-record.js';
import { openTotp, sealTotp } from './totp.js';

/** What the worker does with second factors in the course of time. */
@Injectable()
export class FactorUpkeep {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly rows: FactorRows,
    private readonly users: UserRows,
    private readonly audit: AccountRecord,
    private readonly work: UnitOfWork,
  ) {}

  /** Seals anew what older keys have sealed: a key leaves the ring months after its successor signs (docs/decisions/0062). */
  async sealAgain(limit: number): Promise<void> {
    const { TOKEN_KEYS: keys } = this.config;
    const others = keys.slice(1).map(({ id }) => id);
    // Secrets that no key of the ring has sealed stay as they are: nobody can open them.
    const sealed = others.length > 0 ? await this.rows.sealedBy(others, limit) : [];
    for (const { id, user_id, secret } of sealed) {
      const text = openTotp(keys, { user_id, secret });
      if (text !== null) await this.rows.sealAgain(id, secret, sealTotp(keys, user_id, text));
    }
  }

  /** Carries out the removals that an operator began and nobody stopped. */
  async removeDue(limit: number): Promise<void> {
    for (const { id, user_id: userId } of await this.rows.dueRemovals(limit))
      await this.work.run(async (tx) => {
        await this.users.lock(tx, userId);
        const rows = await this.rows.of(tx, userId);
        if (!rows.some((row) => row.id === id)) return;
        await this.rows.remove(
          tx,
          userId,
          rows.map((row) => row.id),
        );
        await this.audit.record(tx, 'factors.removed', userId, nowhere, { actorId: null });
      });
  }
}
