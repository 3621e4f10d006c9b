import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, problem, type Config, type Id, type Problem } from '@app/platform';
import {
  IdempotencyRows,
  IdentityRows,
  RegistrationRows,
  UnitOfWork,
  type IdentityName,
  type Origin,
  type Tx,
} from '@app/storage';
import type { ProvenIdentity } from '../identities/identity-providers.js';
import { SecondFactors } from './second-factors.js';
import { sealSignUp } from './sign-up-tokens.js';

/**
 * Sign-ins by an identity at a provider. An account is found by what the provider calls the person, never by an address of email,
 * which a provider may give to somebody else. An ID token is taken once.
 */
@Injectable()
export class IdentitySignIns {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly rows: IdentityRows,
    private readonly registrations: RegistrationRows,
    private readonly tokens: IdempotencyRows,
    private readonly factors: SecondFactors,
    private readonly work: UnitOfWork,
  ) {}

  /** Whether it is somebody's. */
  async isLinked(name: IdentityName): Promise<boolean> {
    // In a transaction, which a replica refuses: one that lags would offer a second account.
    return this.work.run(async (tx) => (await this.rows.ownerOf(name, tx)) !== null);
  }

  /**
   * The person whom an identity admits. A refusal is returned, so that the use of the token is committed with it.
   *
   * @param request what tells one request from others, such as its Idempotency-Key; null for one that cannot be repeated
   * @throws Problem 401 `identity_refused` for a used token, and when it was unlinked since; 403 `approval_pending`
   */
  async admit(tx: Tx, proven: ProvenIdentity, request: string | null, from: Origin): Promise<Id | Problem> {
    if (!(await this.tokens.useToken(tx, proven.token, request))) throw problem('identity_refused');
    const owner = await this.rows.ownerOf(proven, tx);
    if (owner === null) throw problem('identity_refused');
    if (await this.registrations.find(owner, tx)) throw problem('approval_pending');
    const isOwner = async () => (await this.rows.ownerOf(proven, tx)) === owner;
    const admitted = await this.factors.admitByIdentity(tx, owner, isOwner, from);
    if (admitted === owner) await this.rows.used(tx, proven);
    return admitted;
  }

  /** A token by which somebody unknown signs up. @throws Problem 401 `identity_refused` for a used token */
  async newcomer(proven: ProvenIdentity, request: string | null): Promise<string> {
    const isFirst = await this.work.run((tx) => this.tokens.useToken(tx, proven.token, request));
    if (!isFirst) throw problem('identity_refused');
    return sealSignUp(this.config.TOKEN_KEYS, proven);
  }
}
