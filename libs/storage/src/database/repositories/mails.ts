import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Id, MailKind } from '@app/platform';
import { Database } from '../database.js';
import type { Mail } from '../entities/mail.js';
import type { User } from '../entities/user.js';
import { keyOf, type Queryable } from '../queryable.js';

/** A mail whose receiver is known. */
export type AddressedMail = Mail & { user_id: Id };

/** The state of an account to which the links of its mails are bound: a changed password or address makes them useless. */
export const stateOf = ({ password_hash, email }: Pick<User, 'password_hash' | 'email'>): Buffer =>
  createHash('sha256').update(`${password_hash}\n${email}`).digest();

/** Mails: from the request for one, through the attempts to send it, to the use of its link. */
@Injectable()
export class MailRows {
  constructor(private readonly database: Database) {}

  /** A request whose login is looked up later, on a randomly drawn shard: it costs the same whether there is such an account. */
  async ask(
    tx: Queryable,
    asked: { kind: MailKind; login: string; locale: string; seconds: number },
  ): Promise<Id> {
    const shard = Math.floor(Math.random() * 8192);
    return (await tx.value<Id>(
      'mail.ask',
      `INSERT INTO mails (shard, id, kind, login, locale, expires_at)
       VALUES ($1::int, next_id($1::int), $2, $3, $4, clock_timestamp() + make_interval(secs => $5)) RETURNING id`,
      [shard, asked.kind, asked.login, asked.locale, asked.seconds],
    )) as Id;
  }

  /** A mail to a person. Without an address it counts as sent: somebody is shown its link. */
  async insert(
    tx: Queryable,
    user: Pick<User, 'id' | 'password_hash' | 'email'>,
    mail: { kind: MailKind; address: string | null; locale: string; seconds: number; note?: string | null },
  ): Promise<Id> {
    return (await tx.value<Id>(
      'mail.insert',
      `INSERT INTO mails (shard, id, user_id, kind, address, locale, bound, sent_at, expires_at, note)
       VALUES ($1::int, next_id($1::int), $2, $3, $4::text, $5, $6, CASE WHEN $4::text IS NULL THEN clock_timestamp() END,
         clock_timestamp() + make_interval(secs => $7), $8) RETURNING id`,
      keyOf(user.id, mail.kind, mail.address, mail.locale, stateOf(user), mail.seconds, mail.note ?? null),
    )) as Id;
  }

  /** Where a person's mails of this day (UTC) went, or were withheld from: an address for each. */
  addressesOfToday(tx: Queryable, userId: Id): Promise<string[]> {
    return tx.values(
      'mail.addressesOfToday',
      `SELECT address FROM mails WHERE shard = $1 AND user_id = $2 AND address IS NOT NULL
         AND created_at >= date_trunc('day', now() AT TIME ZONE 'UTC') AT TIME ZONE 'UTC'`,
      keyOf(userId),
    );
  }

  find(id: Id, connection: Queryable = this.database): Promise<Mail | null> {
    return connection.byId('mail.find', 'mails', id);
  }

  /** In how many seconds a person may be sent one more mail of a kind, of which `most` go in `seconds`; 0 for now. */
  async pause(
    tx: Queryable,
    userId: Id,
    kind: MailKind,
    { most, seconds }: { most: number; seconds: number },
  ): Promise<number> {
    const pause = await tx.value<number>(
      'mail.pause',
      `SELECT greatest(0, ceil(extract(epoch FROM created_at + make_interval(secs => $4) - clock_timestamp())))::int
       FROM mails WHERE shard = $1 AND user_id = $2 AND kind = $3 AND address IS NOT NULL
       ORDER BY created_at DESC OFFSET $5 LIMIT 1`,
      keyOf(userId, kind, seconds, most - 1),
    );
    return pause ?? 0;
  }

  /** Deletes one; false when another has. */
  forget(connection: Queryable, id: Id): Promise<boolean> {
    return connection.touchesOne('mail.forget', `DELETE FROM mails WHERE shard = $1 AND id = $2`, keyOf(id));
  }

  /**
   * Takes up a mail that is due, and moves its next attempt on before this one: 1 min, 2 min, 4 min, at most an hour, and to when
   * it expires. So no other worker sends it meanwhile, and one does when this one dies. Null when it is not due.
   */
  claim(id: Id): Promise<AddressedMail | null> {
    return this.database.first(
      'mail.claim',
      `UPDATE mails SET attempts = attempts + 1,
         next_try_at = least(expires_at,
           clock_timestamp() + make_interval(secs => least(3600, 60 * 2 ^ least(attempts, 6))))
       WHERE shard = $1 AND id = $2 AND user_id IS NOT NULL AND sent_at IS NULL AND given_up_at IS NULL
         AND next_try_at <= clock_timestamp() AND expires_at > clock_timestamp() RETURNING *`,
      keyOf(id),
    );
  }

  async sent(id: Id, connection: Queryable = this.database): Promise<void> {
    await connection.query(
      'mail.sent',
      `UPDATE mails SET sent_at = clock_timestamp(), error = NULL WHERE shard = $1 AND id = $2`,
      keyOf(id),
    );
  }

  /** `forGood`: no later attempt will do better. */
  async failed(id: Id, error: string, forGood: boolean): Promise<void> {
    await this.database.query(
      'mail.failed',
      `UPDATE mails SET error = $3, given_up_at = CASE WHEN $4 THEN clock_timestamp() END WHERE shard = $1 AND id = $2`,
      keyOf(id, error.slice(0, 500), forGood),
    );
  }

  /** Mails that have been due for `seconds` while nothing is about to send them. */
  due(seconds: number, limit: number): Promise<Id[]> {
    return this.database.values(
      'mail.due',
      `SELECT id FROM mails m WHERE user_id IS NOT NULL AND sent_at IS NULL AND given_up_at IS NULL
         AND next_try_at < now() - make_interval(secs => $1)
         AND NOT EXISTS (SELECT FROM outbox o WHERE o.shard = m.shard AND o.subject_id = m.id AND o.kind = 'mail.send')
       ORDER BY next_try_at LIMIT $2`,
      [seconds, limit],
    );
  }

  /** Gives a mail up that could not be sent within `seconds`, or while its link was good; false for any other. */
  giveUp(id: Id, seconds: number): Promise<boolean> {
    return this.database.touchesOne(
      'mail.giveUp',
      `UPDATE mails SET given_up_at = clock_timestamp()
       WHERE shard = $1 AND id = $2 AND user_id IS NOT NULL AND sent_at IS NULL AND given_up_at IS NULL
         AND (expires_at <= clock_timestamp() OR created_at < now() - make_interval(secs => $3))`,
      keyOf(id, seconds),
    );
  }

  /**
   * Counts a guess at the codes of a person's open mails, before it is judged; returns those that bear it. A link made by an operator has no code.
   * The caller holds the account's lock: concurrent guesses would otherwise all see the day's earlier sum.
   */
  guess(
    tx: Queryable,
    userId: Id,
    guess: { kind: MailKind; at: Date; most: number; mostADay: number },
  ): Promise<Pick<AddressedMail, 'id' | 'user_id' | 'bound' | 'address'>[]> {
    return tx.list(
      'mail.guess',
      `UPDATE mails SET guesses = guesses + 1 WHERE shard = $1 AND user_id = $2 AND kind = $3 AND used_at IS NULL
         AND expires_at > $4 AND guesses < $5 AND address IS NOT NULL
         AND (SELECT coalesce(sum(d.guesses), 0) FROM mails d WHERE d.shard = $1 AND d.user_id = $2 AND d.kind = $3
           AND d.created_at > now() - interval '1 day') < $6 RETURNING id, user_id, bound, address`,
      keyOf(userId, guess.kind, guess.at, guess.most, guess.mostADay),
    );
  }

  /** The guess at this one was right. */
  async giveBackGuess(id: Id): Promise<void> {
    const sql = `UPDATE mails SET guesses = greatest(0, guesses - 1) WHERE shard = $1 AND id = $2`;
    await this.database.query('mail.giveBackGuess', sql, keyOf(id));
  }

  /** Marks it used; false when it was. */
  use(tx: Queryable, id: Id): Promise<boolean> {
    return tx.touchesOne(
      'mail.use',
      `UPDATE mails SET used_at = clock_timestamp() WHERE shard = $1 AND id = $2 AND used_at IS NULL`,
      keyOf(id),
    );
  }

  /** Marks an open one used, and all of its kind that its person was sent later; false when it was. */
  async useWithLater(tx: Queryable, { id, user_id, kind }: AddressedMail): Promise<boolean> {
    const used = await tx.values<Id>(
      'mail.useWithLater',
      `UPDATE mails SET used_at = clock_timestamp()
       WHERE shard = $1 AND id >= $2 AND user_id = $3 AND kind = $4 AND used_at IS NULL RETURNING id`,
      keyOf(id, user_id, kind),
    );
    return used.includes(id);
  }

  /** Makes a person's mails of a kind useless, also those that are not sent yet. */
  async withdraw(tx: Queryable, userId: Id, kind: MailKind): Promise<void> {
    await tx.query(
      'mail.withdraw',
      `UPDATE mails SET used_at = clock_timestamp(), sent_at = coalesce(sent_at, clock_timestamp())
       WHERE shard = $1 AND user_id = $2 AND kind = $3 AND used_at IS NULL`,
      keyOf(userId, kind),
    );
  }

  /** Has a mail count as sent that is not, and its code as guessed at: nothing that its account sees tells the difference. */
  async withhold(tx: Queryable, id: Id): Promise<void> {
    await tx.query(
      'mail.withhold',
      `UPDATE mails SET sent_at = clock_timestamp(), guesses = 1000 WHERE shard = $1 AND id = $2`,
      keyOf(id),
    );
  }

  /** A person's oldest mail of a kind whose link still works. */
  oldestOpen(tx: Queryable, userId: Id, kind: MailKind): Promise<AddressedMail | null> {
    return tx.first(
      'mail.oldestOpen',
      `SELECT * FROM mails WHERE shard = $1 AND user_id = $2 AND kind = $3 AND used_at IS NULL AND expires_at > now()
       ORDER BY id LIMIT 1`,
      keyOf(userId, kind),
    );
  }

  /** The people who were sent a mail that verifies this address, and may still use it. */
  verifying(address: string): Promise<Id[]> {
    return this.database.values(
      'mail.verifying',
      `SELECT DISTINCT user_id FROM mails WHERE address = $1 AND kind = 'verify' AND used_at IS NULL
         AND user_id IS NOT NULL AND expires_at > now()`,
      [address],
    );
  }
}
