import { userInfo } from 'node:os';
import { limits } from '@app/platform';
import {
  AuditRows,
  FactorRows,
  MailRows,
  mayReturn,
  nowhere,
  OutboxRows,
  type Database,
  type UserRows,
} from '@app/storage/database';
import { Refused } from '../refused.js';

/**
 * Begins to take away the second factors of somebody who has lost all of them. Using one of them stops this, within three
 * days: an operator who was talked into this opens no account at once. Returns the message for the operator.
 */
export async function removeSecondFactor(
  database: Database,
  users: UserRows,
  { userId, username }: { userId: string; username: string },
): Promise<string> {
  const { removalAfter: seconds } = limits.secondFactor;
  const factors = new FactorRows(database);
  await database.transaction(async (tx) => {
    const user = await users.lock(tx, userId);
    if (!user || !mayReturn(user)) throw new Refused('expected an account that is not erased');
    const rows = await factors.of(tx, userId);
    if (rows.length === 0) throw new Refused(`expected a second factor but ${username} has none`);
    if (rows.some(({ kind }) => kind === 'removal')) throw new Refused('it is under way already');
    await factors.beginRemoval(tx, userId, seconds);
    const params = { actorId: null, operator: userInfo().username };
    await new AuditRows(database).record(tx, 'factors.removal', userId, nowhere, params);
    const letter = {
      kind: 'factors_removal',
      address: user.email,
      locale: user.locale ?? 'en',
      seconds,
    } as const;
    const mail = await new MailRows(database).insert(tx, user, letter);
    await new OutboxRows(database).write(tx, 'mail.send', [mail]);
  });
  return `The second factors of ${username} go in three days, unless one of them is used before. A mail tells their owner.`;
}
