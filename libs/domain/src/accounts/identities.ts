import { Injectable } from '@nestjs/common';
import { Problem, problem, type Id } from '@app/platform';
import {
  IdempotencyRows,
  IdentityRows,
  UnitOfWork,
  type IdentityRow,
  type Origin,
  type Tx,
} from '@app/storage';
import {
  IdentityProviders,
  type GivenIdentity,
  type ProvenIdentity,
} from '../identities/identity-providers.js';
import { AccountRecord } from './account-record.js';
import type { Caller } from './access-tokens.js';
import { Proofs, type ShownProof } from './proofs.js';

/** A person's own identities at providers. `WaysIn` takes them away. */
@Injectable()
export class Identities {
  constructor(
    private readonly providers: IdentityProviders,
    private readonly rows: IdentityRows,
    private readonly tokens: IdempotencyRows,
    private readonly proofs: Proofs,
    private readonly audit: AccountRecord,
    private readonly work: UnitOfWork,
  ) {}

  /** Oldest first. */
  of({ userId }: Caller, tx?: Tx): Promise<IdentityRow[]> {
    return this.rows.of(userId, tx);
  }

  /**
   * A proof of who is at the device, by the caller's own identity.
   *
   * @throws Problem as `IdentityProviders.prove`, but 403 for 401, which would end the session; 401 `session_ended`
   */
  async prove(caller: Caller, given: GivenIdentity): Promise<ShownProof> {
    const proven = await this.proven(given);
    const user = await this.work.run(async (tx) => {
      const owner = await this.proofs.owner(tx, caller);
      const isTheirs = (await this.rows.ownerOf(proven, tx)) === owner.id;
      if (!isTheirs || !(await this.tokens.useToken(tx, proven.token, null))) throw problem('identity_wrong');
      return owner;
    });
    return this.proofs.make(caller, user);
  }

  /**
   * Links one, in the place of any other of its provider. May be repeated with another token.
   *
   * @throws Problem 409 `identity_taken` when it is another account's; 403 `proof_required`; and as `prove`
   */
  async link(
    { caller, proof, from }: { caller: Caller; proof: string | null; from: Origin },
    given: GivenIdentity,
  ): Promise<IdentityRow> {
    const proven = await this.proven(given);
    return this.work.run(async (tx) => {
      const { id: userId } = await this.proofs.mustHold(tx, caller, proof);
      if (!(await this.tokens.useToken(tx, proven.token, null))) throw problem('identity_wrong');
      const others = (await this.rows.of(userId, tx)).filter((row) => row.provider === proven.provider);
      const known = others.find((row) => row.subject === proven.subject);
      if (known) return known;
      for (const other of others) await this.rows.unlink(tx, other);
      if (!(await this.rows.link(tx, userId, proven, proven.email))) throw problem('identity_taken');
      await this.audit.record(tx, 'identity.added', userId, from, { provider: proven.provider });
      return (await this.rows.of(userId, tx)).find((row) => row.provider === proven.provider) as IdentityRow;
    });
  }

  /** Of a locked account. `WaysIn` makes sure that it is not the last way in. */
  async unlink(tx: Tx, row: IdentityRow, from: Origin): Promise<void> {
    await this.rows.unlink(tx, row);
    await this.audit.record(tx, 'identity.removed', row.user_id, from, { provider: row.provider });
  }

  /** The providers of a person's identities that are still in the settings. */
  async usable(tx: Tx, userId: Id): Promise<string[]> {
    const known = new Set(this.providers.list().map(({ id }) => id));
    return (await this.rows.of(userId, tx)).map((row) => row.provider).filter((id) => known.has(id));
  }

  /** Any refusal is 403 here: whoever asks is signed in. */
  private async proven(given: GivenIdentity): Promise<ProvenIdentity> {
    try {
      return await this.providers.prove(given);
    } catch (error) {
      const isRefused = error instanceof Problem && error.code === 'identity_refused';
      throw isRefused ? problem('identity_wrong', { cause: error }) : error;
    }
  }
}
