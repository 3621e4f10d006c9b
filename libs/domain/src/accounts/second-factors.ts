import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, problem, seal, unseal, type Config, type Id, type Problem } from '@app/platform';
import { mayReturn, stateOf, UnitOfWork, UserRows, type Origin, type Tx, type UserRow } from '@app/storage';
import { Accounts, type Proof } from './accounts.js';
import { FactorChecks, type GivenFactor } from './factor-checks.js';
import { PasskeyCeremonies, type UsedCredential } from './passkey-ceremonies.js';

/** What a challenge permits: the second half of a sign-in, or of a reset, whose first half was right. */
export type ChallengeUse = 'sign_in' | 'reset';

interface Challenge {
  use: ChallengeUse;
  userId: Id;
  /** The account's password and address: a change of either ends all challenges. */
  state: string;
  client: string;
  madeAt: number;
}

const purpose = 'a second factor';
const { challengeFor } = limits.secondFactor;

/** The second halves of sign-ins and resets: a challenge after the first half, stored nowhere, and its answer. */
@Injectable()
export class SecondFactors {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly users: UserRows,
    private readonly accounts: Accounts,
    private readonly checks: FactorChecks,
    private readonly ceremonies: PasskeyCeremonies,
    private readonly work: UnitOfWork,
  ) {}

  /** The person whom a password admits. @throws Problem 401 `bad_credentials`, or `second_factor_required` with a challenge */
  async admitByPassword(tx: Tx, proof: Proof | null, from: Origin): Promise<Id> {
    const user = await this.accounts.admit(tx, proof);
    const demand = await this.demand(tx, user, 'sign_in', from);
    if (demand) throw demand;
    return user.id;
  }

  /**
   * The person whom a provider admits; `isOwner` is asked once the account is locked. Returns the demand for a second factor.
   *
   * @throws Problem 401 `identity_refused`
   */
  async admitByIdentity(
    tx: Tx,
    userId: Id,
    isOwner: () => Promise<boolean>,
    from: Origin,
  ): Promise<Id | Problem> {
    const user = await this.users.lock(tx, userId);
    if (!user || !mayReturn(user) || !(await isOwner())) throw problem('identity_refused');
    return (await this.demand(tx, user, 'sign_in', from)) ?? user.id;
  }

  /**
   * The person whom a passkey admits by itself: their device has made sure of them.
   *
   * @throws Problem 403 `passkey_refused`
   */
  async admitByPasskey(tx: Tx, credential: UsedCredential, from: Origin): Promise<Id> {
    const userId = this.ceremonies.personOf(credential);
    const user = userId === null ? null : await this.users.lock(tx, userId);
    if (!user || !mayReturn(user)) throw problem('passkey_refused');
    const isGood = await this.ceremonies.use(tx, await this.checks.rowsOf(tx, user.id), credential, {
      verified: true,
    });
    if (!isGood) throw problem('passkey_refused');
    await this.checks.keep(tx, user.id, from);
    return user.id;
  }

  /** Options for a passkey: of the person of a challenge, or of whomever the device knows. @throws Problem 403 `challenge_expired` */
  async passkeyOptions(challenge: string | undefined, from: Origin) {
    if (challenge === undefined) return this.ceremonies.request();
    const { userId } = this.claimsOf(challenge, null, from);
    const rows = await this.work.run((tx) => this.checks.rowsOf(tx, userId));
    return this.ceremonies.request(rows);
  }

  /**
   * Judges the second factor of what begins no session: a reset, a closing. One that is not needed is not looked at. Returns the refusal of a wrong one.
   *
   * @throws Problem 403 `second_factor_required` without one, where the person has one
   */
  async judge(tx: Tx, user: UserRow, given: GivenFactor | undefined, from: Origin): Promise<Problem | null> {
    if (given === undefined) {
      const demand = await this.demand(tx, user, 'reset', from);
      if (demand) throw demand;
      return null;
    }
    return (await this.isSet(tx, user.id)) ? this.checks.check(tx, user, given, from) : null;
  }

  /** Runs what calls `judge`: wrong codes in a row begin pauses. @throws Problem 429, or what `work` throws */
  countedFor<Result>(
    userId: Id,
    given: GivenFactor,
    from: Origin,
    work: () => Promise<Result>,
  ): Promise<Result> {
    return this.checks.counted(userId, given, from, work);
  }

  /** Whether a person has a second factor. */
  async isSet(tx: Tx, userId: Id): Promise<boolean> {
    return (await this.checks.methods(tx, userId)).length > 0;
  }

  /** `second_factor_required` with a challenge, where the person has one. */
  private async demand(tx: Tx, user: UserRow, use: ChallengeUse, from: Origin): Promise<Problem | null> {
    const methods = await this.checks.methods(tx, user.id);
    if (methods.length === 0) return null;
    const code = use === 'sign_in' ? 'second_factor_required' : 'second_factor_missing';
    return problem(code, { params: { challenge: this.challenge(user, use, from), methods } });
  }

  /** The person whom a challenge and a second factor admit. @throws Problem 403 `challenge_expired` */
  async admitByChallenge(tx: Tx, challenge: string, given: GivenFactor, from: Origin): Promise<Id | Problem> {
    const claims = this.claimsOf(challenge, 'sign_in', from);
    const user = await this.users.lock(tx, claims.userId);
    if (!user || !mayReturn(user) || textOf(user) !== claims.state) throw problem('challenge_expired');
    return (await this.checks.check(tx, user, given, from)) ?? user.id;
  }

  /** Runs what calls `admitByChallenge`: wrong codes in a row begin pauses. @throws Problem 429, or what `work` throws */
  counted<Result>(
    challenge: string,
    given: GivenFactor,
    from: Origin,
    work: () => Promise<Result>,
  ): Promise<Result> {
    return this.checks.counted(this.claimsOf(challenge, 'sign_in', from).userId, given, from, work);
  }

  private challenge(user: UserRow, use: ChallengeUse, from: Origin): string {
    const { id: userId } = user;
    const claims: Challenge = {
      use,
      userId,
      state: textOf(user),
      client: clientOf(from),
      madeAt: Date.now(),
    };
    return seal(this.config.TOKEN_KEYS, purpose, JSON.stringify(claims));
  }

  private claimsOf(challenge: string, use: ChallengeUse | null, from: Origin): Challenge {
    const text = unseal(this.config.TOKEN_KEYS, purpose, challenge);
    const claims = text === null ? null : (JSON.parse(text) as Challenge);
    const isGood =
      claims !== null &&
      (use === null || claims.use === use) &&
      claims.client === clientOf(from) &&
      claims.madeAt > Date.now() - challengeFor * 1000;
    if (!isGood) throw problem('challenge_expired');
    return claims;
  }
}

const textOf = (user: UserRow): string => stateOf(user).toString('base64url');

/** The device's network may change between the two halves of a sign-in; its client does not. */
const clientOf = ({ userAgent }: Origin): string =>
  createHash('sha256')
    .update(userAgent ?? '')
    .digest('base64url')
    .slice(0, 22);
