import { Injectable } from '@nestjs/common';
import { Problem, problem } from '@app/platform';
import { lockAccount, UnitOfWork, UserRows, type Origin } from '@app/storage';
import type { Caller } from './access-tokens.js';
import type { Proof } from './accounts.js';
import { Closing } from './closing.js';
import type { GivenFactor } from './factor-checks.js';
import { Proofs } from './proofs.js';
import { SecondFactors } from './second-factors.js';

/** How people close their accounts: in a session, or on a page without one. */
@Injectable()
export class Leaving {
  constructor(
    private readonly closing: Closing,
    private readonly proofs: Proofs,
    private readonly factors: SecondFactors,
    private readonly rows: UserRows,
    private readonly work: UnitOfWork,
  ) {}

  /** Closes the caller's account, and returns when it is erased. @throws Problem 403 `proof_required` */
  async close(caller: Caller, proof: string | null, from: Origin): Promise<Date> {
    return this.work.run(async (tx) => {
      await lockAccount(tx, caller.userId);
      await this.proofs.mustHold(tx, caller, proof);
      return this.closing.begin(tx, caller.userId, from);
    });
  }

  /**
   * The same without a session, for whoever has no app.
   *
   * @throws Problem 401 `bad_credentials`; 403 `second_factor_required` or `code_wrong`; 429
   */
  async closeBy(proof: Proof, factor: GivenFactor | undefined, from: Origin): Promise<Date> {
    const close = async (): Promise<Date> => {
      // What the refusal of a wrong factor counted is committed first.
      const eraseAt = await this.work.run(async (tx) => {
        await lockAccount(tx, proof.userId);
        const user = await this.rows.lock(tx, proof.userId);
        if (user?.password_hash !== proof.passwordHash) throw problem('bad_credentials');
        const refusal = await this.factors.judge(tx, user, factor, from);
        return refusal ?? user.erase_at ?? this.closing.begin(tx, user.id, from);
      });
      if (eraseAt instanceof Problem) throw eraseAt;
      return eraseAt;
    };
    return factor ? this.factors.countedFor(proof.userId, factor, from, close) : close();
  }
}
