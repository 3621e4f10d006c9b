import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, problem, Problem, seal, unseal, type Config, type Id } from '@app/platform';
import { stateOf, UnitOfWork, UserRows, type Origin, type Tx, type UserRow } from '@app/storage';
import type { Caller } from './access-tokens.js';
import { Accounts } from './accounts.js';
import { FactorChecks, type GivenFactor } from './factor-checks.js';
import { Sessions } from './sessions.js';

const purpose = 'a proof';

interface Claims {
  userId: Id;
  sessionId: Id;
  /** The account's password and address: a change of either ends all proofs. */
  state: string;
  expiresAt: number;
  /** It was given for a mail's code. */
  mailed?: boolean;
}

/** What a client sends as `Narwhal-Proof` with dangerous changes. */
export interface ShownProof {
  proof: string;
  expiresAt: Date;
}

/**
 * Fresh proofs of who is at the device: a session that was left open, or a stolen access token, changes no credentials. A proof is
 * stored nowhere; it is sealed, and holds for ten minutes, for the session that gave it and the account's state of then.
 */
@Injectable()
export class Proofs {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly accounts: Accounts,
    private readonly users: UserRows,
    private readonly sessions: Sessions,
    private readonly checks: FactorChecks,
    private readonly work: UnitOfWork,
  ) {}

  /** @throws Problem 403 for a wrong password; 429 after several; 401 `session_ended` */
  async byPassword(caller: Caller, password: string, from: Origin): Promise<ShownProof> {
    const user = await this.accounts.proven(caller, password, from);
    if (user === null) throw problem('password_wrong');
    return this.make(caller, user);
  }

  /** @throws Problem 403 `code_wrong`; 429 after several; 401 `session_ended` */
  async byFactor(caller: Caller, given: GivenFactor, from: Origin): Promise<ShownProof> {
    const judge = async (): Promise<UserRow> => {
      // What the refusal of a wrong one counted is committed first.
      const judged = await this.work.run(async (tx) => {
        const user = await this.owner(tx, caller);
        return (await this.checks.check(tx, user, given, from)) ?? user;
      });
      if (judged instanceof Problem) throw judged;
      return judged;
    };
    return this.make(caller, await this.checks.counted(caller.userId, given, from, judge));
  }

  /** The proof of a caller who has just shown that they are this person. */
  make(
    { sessionId }: Caller,
    user: UserRow,
    { now = Date.now(), mailed = false }: { now?: number; mailed?: boolean } = {},
  ): ShownProof {
    const expiresAt = now + limits.proof.validFor * 1000;
    const claims: Claims = { userId: user.id, sessionId, state: textOf(user), expiresAt, mailed };
    return {
      proof: seal(this.config.TOKEN_KEYS, purpose, JSON.stringify(claims)),
      expiresAt: new Date(expiresAt),
    };
  }

  /**
   * To be called first in the transaction of a dangerous change; returns the person, locked. `mailed`: whether a mail's code is proof
   * enough. It never is where there is a second factor, which is there because mailboxes are read by others.
   *
   * @throws Problem 403 `proof_required` without one that holds; 401 `session_ended`
   */
  async mustHold(
    tx: Tx,
    caller: Caller,
    proof: string | null,
    { mailed } = { mailed: true },
  ): Promise<UserRow> {
    const user = await this.owner(tx, caller);
    const claims = this.read(proof);
    const holds =
      claims?.userId === caller.userId &&
      claims.sessionId === caller.sessionId &&
      claims.expiresAt > Date.now() &&
      claims.state === textOf(user);
    const isEnough = !claims?.mailed || (mailed && (await this.checks.methods(tx, user.id)).length === 0);
    if (!holds || !isEnough) throw problem('proof_required');
    return user;
  }

  /** The caller, locked. @throws Problem 401 `session_ended` */
  async owner(tx: Tx, caller: Caller): Promise<UserRow> {
    const user = await this.users.lock(tx, caller.userId);
    await this.sessions.mustLive(tx, caller);
    if (!user || user.closed_at !== null) throw problem('session_ended');
    return user;
  }

  private read(proof: string | null): Claims | null {
    const text = proof === null ? null : unseal(this.config.TOKEN_KEYS, purpose, proof);
    return text === null ? null : (JSON.parse(text) as Claims);
  }
}

const textOf = (user: UserRow): string => stateOf(user).toString('base64url');
