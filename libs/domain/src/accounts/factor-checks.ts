import { timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, problem, tooMany, type Config, type Id, type Problem } from '@app/platform';
import { FactorRows, type FactorRow, type Origin, type Tx, type UserRow } from '@app/storage';
import { AccountRecord } from './account-record.js';
import { Guesses } from './guesses.js';
import { hashOfRecoveryCode } from './recovery-codes.js';
import { PasskeyCeremonies, type UsedCredential } from './passkey-ceremonies.js';
import { openTotp, stepOf } from './totp.js';

/** One of these. */
export interface GivenFactor {
  code?: string | undefined;
  recoveryCode?: string | undefined;
  credential?: UsedCredential | undefined;
}

/** What a person may answer with. */
export type FactorMethod = 'totp' | 'passkey' | 'recoveryCode';

const DAY = 24 * 60 * 60 * 1000;
const { guessesPerDay } = limits.secondFactor;

export const isConfirmedTotp = ({ kind, confirmed_at }: FactorRow): boolean =>
  kind === 'totp' && confirmed_at !== null;
export const isUnusedCode = ({ kind, used_at }: FactorRow): boolean =>
  kind === 'recovery' && used_at === null;

/**
 * Judges second factors, in the transaction of what they permit and under the account's lock: each code works once, and guesses follow
 * each other. So a refusal is returned, not thrown: the guess that it counts has to be committed.
 */
@Injectable()
export class FactorChecks {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS'>,
    private readonly rows: FactorRows,
    private readonly audit: AccountRecord,
    private readonly guesses: Guesses,
    private readonly ceremonies: PasskeyCeremonies,
  ) {}

  /**
   * Runs what calls `check`: wrong codes of an app in a row begin pauses. Recovery codes and passkeys, which nobody guesses, never wait:
   * whoever knows the password cannot lock the owner out. @throws Problem 429, or what `work` throws
   */
  counted<Result>(
    userId: Id,
    { code }: GivenFactor,
    from: Origin,
    work: () => Promise<Result>,
  ): Promise<Result> {
    return code === undefined ? work() : this.guesses.judgeFactor(userId, from, work);
  }

  /** All of a person's. */
  rowsOf(tx: Tx, userId: Id): Promise<FactorRow[]> {
    return this.rows.of(tx, userId);
  }

  /** None where the account has no second factor. */
  async methods(tx: Tx, userId: Id): Promise<FactorMethod[]> {
    const rows = await this.rows.of(tx, userId);
    const methods: FactorMethod[] = [];
    if (rows.some(isConfirmedTotp)) methods.push('totp');
    if (rows.some(({ kind }) => kind === 'passkey')) methods.push('passkey');
    if (methods.length > 0 && rows.some(isUnusedCode)) methods.push('recoveryCode');
    return methods;
  }

  /** Uses up a factor of a locked account; returns the refusal of a wrong one. */
  async check(tx: Tx, user: UserRow, given: GivenFactor, from: Origin): Promise<Problem | null> {
    const rows = await this.rows.of(tx, user.id);
    const refusal = await this.judge(tx, rows, { user, given, from });
    if (refusal === null) await this.keep(tx, user.id, from);
    return refusal;
  }

  /** Whoever has a factor stops an operator's removal of all of them by using it; false where there is none to stop. */
  async keep(tx: Tx, userId: Id, from: Origin): Promise<boolean> {
    const removals = (await this.rows.of(tx, userId)).filter(({ kind }) => kind === 'removal');
    if (removals.length === 0) return false;
    await this.rows.remove(
      tx,
      userId,
      removals.map(({ id }) => id),
    );
    await this.audit.record(tx, 'factors.kept', userId, from);
    return true;
  }

  private async judge(
    tx: Tx,
    rows: FactorRow[],
    { user, given, from }: { user: UserRow; given: GivenFactor; from: Origin },
  ): Promise<Problem | null> {
    if (given.code !== undefined) return this.checkCode(tx, rows, given.code.replaceAll(/\s/g, ''));
    if (given.credential !== undefined) {
      const isGood = await this.ceremonies.use(tx, rows, given.credential, { verified: false });
      return isGood ? null : problem('passkey_refused');
    }
    return this.checkRecoveryCode(tx, rows, { user, typed: given.recoveryCode ?? '', from });
  }

  private async checkCode(tx: Tx, rows: FactorRow[], code: string): Promise<Problem | null> {
    const totp = rows.find(isConfirmedTotp);
    if (!totp) return problem('code_wrong');
    const retryAfter = secondsToWait(totp);
    if (retryAfter > 0) return tooMany(retryAfter);
    const secret = openTotp(this.config.TOKEN_KEYS, totp);
    const step = secret === null ? null : stepOf(secret, code);
    if (step === null || step <= Number(totp.step)) {
      await this.rows.countGuess(tx, totp.id);
      return problem('code_wrong');
    }
    await this.rows.use(tx, totp.id, step);
    return null;
  }

  private async checkRecoveryCode(
    tx: Tx,
    rows: FactorRow[],
    { user, typed, from }: { user: UserRow; typed: string; from: Origin },
  ): Promise<Problem | null> {
    const hash = hashOfRecoveryCode(user.id, typed);
    const found = rows.find(
      (row) => isUnusedCode(row) && row.hash !== null && timingSafeEqual(row.hash, hash),
    );
    if (!found) return problem('code_wrong');
    await this.rows.use(tx, found.id, null);
    await this.audit.record(tx, 'recovery_code.used', user.id, from);
    return null;
  }
}

function secondsToWait({ guesses, guesses_since }: FactorRow): number {
  if (guesses < guessesPerDay || guesses_since === null) return 0;
  return Math.ceil((guesses_since.getTime() + DAY - Date.now()) / 1000);
}
