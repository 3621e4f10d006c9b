import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { FactorRows, IdentityRows, UnitOfWork, type Origin, type Tx, type UserRow } from '@app/storage';
import { AccountRecord } from './account-record.js';
import type { Caller } from './access-tokens.js';
import { Factors } from './factors.js';
import { hasPassword } from './passwords.js';
import { Proofs } from './proofs.js';

/** Takes away what a person signs in by, but never the last of a password, passkeys and identities. */
@Injectable()
export class WaysIn {
  constructor(
    private readonly factorRows: FactorRows,
    private readonly identityRows: IdentityRows,
    private readonly factors: Factors,
    private readonly proofs: Proofs,
    private readonly audit: AccountRecord,
    private readonly work: UnitOfWork,
  ) {}

  /** Idempotent. The last factor takes the recovery codes with it. @throws Problem 409 `last_way_in`; 403 `proof_required` */
  async removePasskey(
    caller: Caller,
    { id, proof }: { id: Id; proof: string | null },
    from: Origin,
  ): Promise<void> {
    await this.work.run(async (tx) => {
      const user = await this.proofs.mustHold(tx, caller, proof);
      const { passkeys, identities } = await this.of(tx, user);
      if (!passkeys.includes(id)) return;
      if (!hasPassword(user) && passkeys.length + identities.length === 1) throw problem('last_way_in');
      await this.factors.removeOf(tx, user.id, (row) => row.kind === 'passkey' && row.id === id, from);
    });
  }

  /** Idempotent. @throws Problem 409 `last_way_in`; 403 `proof_required` */
  async unlink(
    caller: Caller,
    { provider, proof }: { provider: string; proof: string | null },
    from: Origin,
  ): Promise<void> {
    await this.work.run(async (tx) => {
      const user = await this.proofs.mustHold(tx, caller, proof);
      const { passkeys, identities } = await this.of(tx, user);
      const gone = identities.find((row) => row.provider === provider);
      if (!gone) return;
      if (!hasPassword(user) && passkeys.length + identities.length === 1) throw problem('last_way_in');
      await this.identityRows.unlink(tx, gone);
      await this.audit.record(tx, 'identity.removed', user.id, from, { provider });
    });
  }

  /** Of a locked account, beside the password. */
  private async of(tx: Tx, { id }: UserRow) {
    const factors = await this.factorRows.of(tx, id);
    const passkeys = factors.filter(({ kind }) => kind === 'passkey').map((row) => row.id);
    return { passkeys, identities: await this.identityRows.of(id, tx) };
  }
}
