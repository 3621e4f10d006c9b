import { randomBytes } from 'node:crypto';
import { availableParallelism } from 'node:os';
import { Injectable } from '@nestjs/common';
import { hash, verify } from '@node-rs/argon2';
import { BoundedWork } from './bounded-work.js';
import { Guesses, type Attempt } from './guesses.js';
import { PasswordStrength, type PasswordOwner } from './password-strength.js';

/** argon2id with the parameters of OWASP's cheat sheet (19 MiB, 2 passes, 1 lane): about 30 ms on one core. */
const options = { memoryCost: 19_456, timeCost: 2, parallelism: 1 };
/** A hash that matches no password, so that an unknown login takes as long as a known one. */
const nobody =
  '$argon2id$v=19$m=19456,t=2,p=1$bmFyd2hhbG5hcndoYWw$AZ1rvbk4Q2kGHs8jSS5SKBWtlTc7B1VR5yWn9Jz7tzk';
/** How the salts of hashes begin that belong to no password; one of a password does so once in 2^64. */
const none = Buffer.from('nopasswd');
const base64 = (bytes: Buffer): string => bytes.toString('base64').replaceAll('=', '');

/** Of an account that has no password: a hash that was made of nothing, different each time, which takes as long to compare. */
export function unusableHash(): string {
  const salt = Buffer.concat([none, randomBytes(8)]);
  return `$argon2id$v=19$m=19456,t=2,p=1$${base64(salt)}$${base64(randomBytes(32))}`;
}

/** Whether somebody can know the password of this hash. */
export function hasPassword({ password_hash }: { password_hash: string }): boolean {
  return !Buffer.from(password_hash.split('$')[4] ?? '', 'base64')
    .subarray(0, none.length)
    .equals(none);
}

/**
 * Half of the cores, and half of libuv's four threads, which read files and look up names, too: a flood of sign-ins leaves the rest to
 * all other requests. Refreshing a session hashes nothing.
 */
const AT_ONCE = Math.max(1, Math.min(2, Math.floor(availableParallelism() / 2)));
/** One at a time, this many take about two seconds; more would only time out. */
const QUEUE = 64;

/** Password hashing, which takes turns. */
@Injectable()
export class Passwords {
  private readonly turns = new BoundedWork({ atOnce: AT_ONCE, queue: QUEUE });

  constructor(
    private readonly strength: PasswordStrength,
    private readonly guesses: Guesses,
  ) {}

  /** The hash of a new password; of whoever has a session first. @throws Problem 422 `password_too_weak`; 503 `busy` */
  async hash(password: string, owner: PasswordOwner, hasSession = false): Promise<string> {
    await this.strength.assert(password, owner, hasSession);
    return this.turns.run(() => hash(password.normalize('NFC'), options), hasSession);
  }

  /**
   * Compares with a stored hash; null stands for an unknown login and takes as long. Guesses are counted in their turn, since
   * many of one moment would otherwise all wait before the first is counted. Known devices have the first turns: a flood of
   * strangers' sign-ins keeps nobody from signing in where they did before.
   *
   * @throws Problem 429 `rate_limited` after several wrong ones; 503 `busy`
   */
  async verify(stored: string | null, password: string, attempt: Attempt): Promise<boolean> {
    const { subject, isKnown } = await this.guesses.subjectOf(attempt);
    const isRight = async () =>
      (await verify(stored ?? nobody, password.normalize('NFC'))) && stored !== null;
    return this.turns.run(() => this.guesses.judge(subject, attempt, isRight), isKnown);
  }
}
