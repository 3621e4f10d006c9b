import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { GuessCounter, RateCounter } from '@app/feed';
import { CONFIG, counter, problem, Problem, tooMany, type Config, type Id } from '@app/platform';
import { AuditRows, SessionRows, UnitOfWork, type Origin } from '@app/storage';
import { hashOf, type RefreshToken } from './refresh-tokens.js';

/**
 * Somebody who gives a password: at sign-in for a login, whose person is null when it is unknown, or for the session that they hold.
 * `token`: the refresh token that a device kept of an earlier session, if it sent one.
 */
export type Attempt = { from: Origin } & (
  { login: string; userId: Id | null; token: RefreshToken | null } | { sessionId: Id; userId: Id }
);

const DAY = 24 * 60 * 60;
/** So many wrong passwords in a row are told to the owner. */
const TOLD = 10;

/**
 * Wrong passwords cost time, from however many addresses they come. They are counted by login, whether it exists or not, so that
 * refusals tell nothing. Nobody can lock an owner out by guessing: a device with a refresh token of the account and a client on a
 * network that the account has been used from count alone, as does a session that proves its password again.
 */
@Injectable()
export class Guesses {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'RATE_LIMITS'>,
    private readonly counts: GuessCounter,
    private readonly rates: RateCounter,
    private readonly audit: AuditRows,
    private readonly sessions: SessionRows,
    private readonly work: UnitOfWork,
  ) {}

  /**
   * The subject whose wrong passwords count together, hashed: Redis gets no addresses, and no key of any length. `isKnown`: it is a session or
   * a known device.
   */
  async subjectOf(attempt: Attempt): Promise<{ subject: string; isKnown: boolean }> {
    const { from, userId } = attempt;
    if ('sessionId' in attempt) return { subject: hashed('session', attempt.sessionId), isKnown: true };
    const { token } = attempt;
    const held = token && { sessionId: token.sessionId, hash: hashOf(token.secret) };
    // Asked for an unknown login, too, which takes as long.
    const known = await this.sessions.knows(userId ?? '0', from, held);
    // By session: each rotation of its token must not be worth new guesses.
    if (token && known.byToken) return { subject: hashed('token', token.sessionId), isKnown: true };
    const device = ['device', userId, from.address, from.userAgent];
    return known.byClient
      ? { subject: hashed(...device), isKnown: true }
      : { subject: hashed('login', attempt.login), isKnown: false };
  }

  /** Whether a password is right, unless it comes too soon. @throws Problem 429 `rate_limited` */
  async judge(subject: string, attempt: Attempt, isRight: () => Promise<boolean>): Promise<boolean> {
    if (!this.config.RATE_LIMITS) return isRight();
    const retryAfter = await this.counts.pause(subject);
    if (retryAfter > 0) {
      counter('narwhal_rate_limited_total').inc({ policy: 'guess' });
      throw tooMany(retryAfter);
    }
    const right = await isRight();
    if (right) await this.counts.succeed(subject);
    // Not waited for, which would tell that the login exists; a record that fails is made by the next wrong password.
    else if ((await this.counts.fail(subject)) >= TOLD) void this.tell(attempt).catch(() => undefined);
    return right;
  }

  /**
   * Wrong second factors count by account, wherever they come from: whoever guesses one has given the password.
   *
   * @throws Problem 429 `rate_limited`, or what `work` throws; `code_wrong` counts
   */
  async judgeFactor<Result>(userId: Id, from: Origin, work: () => Promise<Result>): Promise<Result> {
    const found: Result[] = [];
    const isRight = async () => {
      const outcome = await work().catch((error: unknown) => error);
      if (outcome instanceof Problem && outcome.code === 'code_wrong') return false;
      if (outcome instanceof Error) throw outcome;
      found.push(outcome as Result);
      return true;
    };
    await this.judge(hashed('factor', userId), { userId, sessionId: '0', from }, isRight);
    if (found.length === 0) throw problem('code_wrong');
    return found[0] as Result;
  }

  private async tell({ userId, from }: Attempt): Promise<void> {
    if (userId === null) return;
    const window = { requests: 1, seconds: DAY, shared: true };
    const { allowed } = await this.rates.take('guessed', userId, window);
    if (allowed)
      await this.work.run((tx) => this.audit.record(tx, 'sign_in.guessed', userId, from, { actorId: null }));
  }
}

const hashed = (...parts: (string | null)[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url');
