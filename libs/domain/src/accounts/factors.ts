import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, problem, Problem, type Config, type Id } from '@app/platform';
import { FactorRows, UnitOfWork, type FactorRow, type Origin, type Tx } from '@app/storage';
import { AccountRecord } from './account-record.js';
import type { Caller } from './access-tokens.js';
import { isConfirmedTotp, isUnusedCode } from './factor-checks.js';
import { Proofs } from './proofs.js';
import { hashOfRecoveryCode, makeRecoveryCodes } from './recovery-codes.js';
import { Sessions } from './sessions.js';
import { newTotpSecret, openTotp, sealTotp, stepOf, totpUri } from './totp.js';

/** What an app shows of it. */
export interface TotpState {
  enabled: boolean;
  /** Those that were not used. */
  recoveryCodes: number;
}

/** A person's own second factors: setting them, taking them away. */
@Injectable()
export class Factors {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'TOKEN_KEYS' | 'INSTANCE_NAME'>,
    private readonly rows: FactorRows,
    private readonly proofs: Proofs,
    private readonly sessions: Sessions,
    private readonly audit: AccountRecord,
    private readonly work: UnitOfWork,
  ) {}

  async totp({ userId }: Caller): Promise<TotpState> {
    const rows = await this.work.run((tx) => this.rows.of(tx, userId));
    return { enabled: rows.some(isConfirmedTotp), recoveryCodes: rows.filter(isUnusedCode).length };
  }

  /** A new secret, which counts once a code of it has come; what is set goes on counting until then. */
  async beginTotp(caller: Caller, proof: string | null): Promise<{ secret: string; uri: string }> {
    const secret = newTotpSecret();
    const username = await this.work.run(async (tx) => {
      const user = await this.proofs.mustHold(tx, caller, proof);
      const rows = await this.rows.of(tx, user.id);
      await this.remove(tx, user.id, rows.filter(isPending));
      await this.rows.beginTotp(tx, user.id, sealTotp(this.config.TOKEN_KEYS, user.id, secret));
      return user.username;
    });
    return { secret, uri: totpUri(this.config.INSTANCE_NAME, username, secret) };
  }

  /**
   * Puts the new secret in the place of any before, and ends the sessions that began without a factor; returns recovery codes, of which
   * earlier ones end.
   *
   * @throws Problem 403 `code_wrong`, also after five wrong ones and ten minutes
   */
  async confirmTotp(caller: Caller, code: string, from: Origin): Promise<string[]> {
    const made = await this.work.run(async (tx) => {
      const { id: userId } = await this.proofs.owner(tx, caller);
      const rows = await this.rows.of(tx, userId);
      const pending = rows.find((row) => isPending(row) && mayBeConfirmed(row));
      if (!pending) return problem('code_wrong');
      const secret = openTotp(this.config.TOKEN_KEYS, pending);
      const step = secret === null ? null : stepOf(secret, code.replaceAll(/\s/g, ''));
      if (step === null) {
        await this.rows.countGuess(tx, pending.id);
        return problem('code_wrong');
      }
      if (!rows.some(isFactor)) await this.sessions.endIn(tx, userId, { except: caller.sessionId });
      await this.remove(tx, userId, rows.filter(isConfirmedTotp));
      await this.rows.use(tx, pending.id, step);
      await this.audit.record(tx, 'factor.added', userId, from, { factor: 'totp' });
      return this.renewCodes(tx, userId, rows);
    });
    if (made instanceof Problem) throw made;
    return made;
  }

  /** Idempotent. The last factor takes the recovery codes with it. */
  async removeTotp(caller: Caller, proof: string | null, from: Origin): Promise<void> {
    await this.work.run(async (tx) => {
      const { id } = await this.proofs.mustHold(tx, caller, proof);
      await this.removeOf(tx, id, ({ kind }) => kind === 'totp', from);
    });
  }

  /** New recovery codes in the place of those before. @throws Problem 409 `no_second_factor` */
  async newRecoveryCodes(caller: Caller, proof: string | null, from: Origin): Promise<string[]> {
    return this.work.run(async (tx) => {
      const { id } = await this.proofs.mustHold(tx, caller, proof);
      const rows = await this.rows.of(tx, id);
      if (!rows.some(isFactor)) throw problem('no_second_factor');
      await this.audit.record(tx, 'recovery_codes.made', id, from);
      return this.renewCodes(tx, id, rows);
    });
  }

  /** Recovery codes for whoever has just set their first factor, which ends their other sessions; null for others. */
  async firstCodes(tx: Tx, { userId, sessionId }: Caller): Promise<string[] | null> {
    const rows = await this.rows.of(tx, userId);
    const isFirst = rows.filter(isFactor).length === 1 && !rows.some(({ kind }) => kind === 'recovery');
    if (!isFirst) return null;
    await this.sessions.endIn(tx, userId, { except: sessionId });
    return this.renewCodes(tx, userId, rows);
  }

  /** Takes away what `is` says; the last factor takes the recovery codes with it. */
  async removeOf(tx: Tx, userId: Id, is: (row: FactorRow) => boolean, from: Origin): Promise<void> {
    const rows = await this.rows.of(tx, userId);
    const gone = rows.filter(is);
    const isLast = !rows.some((row) => isFactor(row) && !is(row));
    await this.remove(tx, userId, isLast ? rows.filter((row) => is(row) || row.kind === 'recovery') : gone);
    const factor = gone.find(isFactor)?.kind;
    if (factor !== undefined) await this.audit.record(tx, 'factor.removed', userId, from, { factor });
  }

  private async renewCodes(tx: Tx, userId: Id, rows: FactorRow[]): Promise<string[]> {
    await this.remove(
      tx,
      userId,
      rows.filter(({ kind }) => kind === 'recovery'),
    );
    const codes = makeRecoveryCodes();
    await this.rows.insertCodes(
      tx,
      userId,
      codes.map((code) => hashOfRecoveryCode(userId, code)),
    );
    return codes;
  }

  private async remove(tx: Tx, userId: Id, rows: FactorRow[]): Promise<void> {
    if (rows.length === 0) return;
    await this.rows.remove(
      tx,
      userId,
      rows.map(({ id }) => id),
    );
  }
}

/** A new secret waits for its first code for ten minutes, and bears so many wrong ones. */
const CONFIRMED_WITHIN = 10 * 60_000;
const WRONG_CODES = 5;

const mayBeConfirmed = ({ created_at, guesses }: FactorRow): boolean =>
  created_at.getTime() > Date.now() - CONFIRMED_WITHIN && guesses < WRONG_CODES;
const isPending = (row: FactorRow): boolean => row.kind === 'totp' && row.confirmed_at === null;
const isFactor = (row: FactorRow): boolean => isConfirmedTotp(row) || row.kind === 'passkey';
