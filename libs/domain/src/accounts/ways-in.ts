import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { FactorRows, UnitOfWork, type Origin, type Tx, type UserRow } from '@app/storage';
import type { Caller } from './access-tokens.js';
import { Factors } from './factors.js';
import { Identities } from './identities.js';
import { hasPassword } from './passwords.js';
import { Proofs } from './proofs.js';

/** Takes away what a person signs in by, but never the last of a password, passkeys and identities. */
@Injectable()
export class WaysIn {
  constructor(
    private readonly factorRows: FactorRows,
    private readonly identities: Identities,
    private readonly factors: Factors,
    private readonly proofs: Proofs,
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
      const { passkeys, providers } = await this.beside(tx, user);
      if (!passkeys.includes(id)) return;
      mustStay(user, [...passkeys.filter((one) => one !== id), ...providers]);
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
      const gone = (await this.identities.of(caller, tx)).find((row) => row.provider === provider);
      if (!gone) return;
      const { passkeys, providers } = await this.beside(tx, user);
      mustStay(user, [...passkeys, ...providers.filter((one) => one !== provider)]);
      await this.identities.unlink(tx, gone, from);
    });
  }

  /** The passkeys and the providers by which the owner of a locked account can sign in. */
  private async beside(tx: Tx, { id }: UserRow): Promise<{ passkeys: Id[]; providers: string[] }> {
    const factors = await this.factorRows.of(tx, id);
    const passkeys = factors.filter(({ kind }) => kind === 'passkey').map((row) => row.id);
    return { passkeys, providers: await this.identities.usable(tx, id) };
  }
}

/** @throws Problem 409 `last_way_in` where nothing is left */
function mustStay(user: UserRow, left: readonly string[]): void {
  if (left.length === 0 && !hasPassword(user)) throw problem('last_way_in');
}
