import { createHash } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Email, User } from '../entities/user.js';
import { keyOf, type Queryable } from '../queryable.js';
import { stateOf } from './mails.js';

/** What a person sees of their address. */
export interface AddressStanding {
  verified: boolean;
  /** The one that replaces it once it is verified. */
  pending: string | null;
}

/** Addresses of email: to whom each belongs, and how much mail strangers cause to one. */
@Injectable()
export class EmailRows {
  constructor(private readonly database: Database) {}

  /** To whom it belongs; null for nobody. */
  ownerOf(email: string, connection: Queryable): Promise<Email | null> {
    return connection.first('email.owner', `SELECT * FROM emails WHERE email = $1`, [email]);
  }

  /** Gives an address to a person who proved to read it; false when somebody else had before. One that is claimed yields. */
  verify(tx: Queryable, email: string, userId: Id): Promise<boolean> {
    return tx.touchesOne(
      'email.verify',
      `INSERT INTO emails (email, user_id, verified_at) VALUES ($1, $2, clock_timestamp())
       ON CONFLICT (email) DO UPDATE SET user_id = excluded.user_id, verified_at = excluded.verified_at
       WHERE emails.verified_at IS NULL OR emails.user_id = excluded.user_id`,
      [email, userId],
    );
  }

  /** Gives an address to a person whoever else has verified it. */
  async takeBack(tx: Queryable, email: string, userId: Id): Promise<void> {
    await tx.query(
      'email.takeBack',
      `INSERT INTO emails (email, user_id, verified_at) VALUES ($1, $2, clock_timestamp())
       ON CONFLICT (email) DO UPDATE SET user_id = excluded.user_id, verified_at = excluded.verified_at`,
      [email, userId],
    );
  }

  async standing(
    user: Pick<User, 'id' | 'email' | 'password_hash'>,
    connection: Queryable = this.database,
  ): Promise<AddressStanding> {
    const found = await connection.first<AddressStanding>(
      'email.standing',
      `SELECT EXISTS (SELECT FROM emails WHERE email = $3 AND user_id = $2 AND verified_at IS NOT NULL) AS verified,
         (SELECT address FROM mails WHERE shard = $1 AND user_id = $2 AND kind = 'verify' AND used_at IS NULL
            AND expires_at > now() AND address <> $3 AND bound = $4 ORDER BY id DESC LIMIT 1) AS pending`,
      keyOf(user.id, user.email, stateOf(user)),
    );
    return found ?? { verified: false, pending: null };
  }

  /** Counts one more mail of the day (UTC) to a mailbox; false beyond the limit. */
  countMail(tx: Queryable, email: string, most: number): Promise<boolean> {
    const hash = createHash('sha256').update(mailboxOf(email)).digest();
    return tx.touchesOne(
      'email.countMail',
      `INSERT INTO address_mails AS sent (shard, address, day, mails)
       VALUES ($1, $2, (now() AT TIME ZONE 'UTC')::date, 1)
       ON CONFLICT (shard, address) DO UPDATE SET day = excluded.day,
         mails = CASE WHEN sent.day = excluded.day THEN sent.mails + 1 ELSE 1 END
       WHERE sent.day <> excluded.day OR sent.mails < $3`,
      [hash.readUInt16BE() % 8192, hash, most],
    );
  }
}

/** Many servers deliver `ada+1@` and `a.da@` to `ada@`: without this each of them would be worth new mails. */
export function mailboxOf(email: string): string {
  const [local = '', domain = ''] = email.split('@');
  return `${(local.split('+')[0] ?? '').replaceAll('.', '')}@${domain}`;
}
