import { Injectable } from '@nestjs/common';
import { limits, problem, type Id } from '@app/platform';
import { FactorRows, UnitOfWork, type FactorRow, type Origin, type Tx } from '@app/storage';
import { AccountRecord } from './account-record.js';
import type { Caller } from './access-tokens.js';
import { Factors } from './factors.js';
import { PasskeyCeremonies, type RegisteredCredential } from './passkey-ceremonies.js';
import { Proofs } from './proofs.js';

/** A person's own passkeys. `WaysIn` takes them away. */
@Injectable()
export class Passkeys {
  constructor(
    private readonly ceremonies: PasskeyCeremonies,
    private readonly rows: FactorRows,
    private readonly proofs: Proofs,
    private readonly factors: Factors,
    private readonly audit: AccountRecord,
    private readonly work: UnitOfWork,
  ) {}

  async creationOptions(caller: Caller, proof: string | null) {
    return this.work.run(async (tx) => {
      const { id, username, display_name: displayName } = await this.proofs.mustHold(tx, caller, proof);
      return this.ceremonies.creation({ id, username, displayName }, await this.of(tx, id));
    });
  }

  /** Options for a proof by one of the caller's passkeys. */
  async proofOptions({ userId }: Caller) {
    return this.work.run(async (tx) => this.ceremonies.request(await this.of(tx, userId)));
  }

  /**
   * Adds a passkey; recovery codes come with the first factor. One that is there already stays as it is.
   *
   * @throws Problem 403 `passkey_refused`, 422 `passkey_limit`
   */
  async add(
    tx: Tx,
    { caller, proof, from }: { caller: Caller; proof: string | null; from: Origin },
    { name, credential }: { name: string; credential: RegisteredCredential },
  ): Promise<{ id: Id; recoveryCodes: string[] | null }> {
    const { id: userId } = await this.proofs.mustHold(tx, caller, proof);
    const made = await this.ceremonies.made(userId, credential);
    if (!made) throw problem('passkey_refused');
    const known = await this.of(tx, userId);
    const same = known.find(({ credential_id }) => credential_id?.equals(made.credentialId));
    if (same) return { id: same.id, recoveryCodes: null };
    const { passkeys: limit } = limits.secondFactor;
    if (known.length >= limit) throw problem('passkey_limit', { params: { limit } });
    const id = await this.rows.insertPasskey(tx, userId, { name, ...made });
    await this.audit.record(tx, 'factor.added', userId, from, { factor: 'passkey' });
    return { id, recoveryCodes: await this.factors.firstCodes(tx, caller) };
  }

  private async of(tx: Tx, userId: Id): Promise<FactorRow[]> {
    return (await this.rows.of(tx, userId)).filter(({ kind }) => kind === 'passkey');
  }
}
