import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { freshDatabase, type TestDatabase } from '../../../../test/harness/database.js';
import { freshRedis } from '../../../../test/harness/redis.js';
import { admin as adminOn } from './admin.js';

let database: TestDatabase;
let ada: string;
let redis: string;
beforeAll(async () => {
  database = await freshDatabase();
  redis = await freshRedis();
});
afterAll(() => database.close());

beforeEach(async () => {
  await database.query('TRUNCATE users, usernames, registrations, mails, sessions, outbox, audit_events');
  const [row] = await database.query<{ id: string }>('SELECT next_id(5) AS id');
  ada = row?.id ?? '';
  await database.query(
    `INSERT INTO users (shard, id, username, email, password_hash) VALUES (5, $1, 'ada', 'ada@example.org', '')`,
    [ada],
  );
  await database.query(`INSERT INTO usernames VALUES ('ada', $1)`, [ada]);
  await database.query(`INSERT INTO sessions (shard, id, user_id) VALUES (5, next_id(5), $1)`, [ada]);
});

const admin = (url: string, words: readonly string[], redisUrl = redis) =>
  adminOn(url, words, { redisUrl: () => redisUrl });

async function role(): Promise<string | undefined> {
  const [row] = await database.query<{ role: string }>('SELECT role FROM users');
  return row?.role;
}

test('grant makes an admin of somebody, named in any case', async () => {
  expect(await admin(database.operatorUrl, ['grant', 'Ada'])).toContain('ada is an admin');
  expect(await role()).toBe('admin');
});

test('revoke takes the role away and ends every session, whose cached look-ups hold the role', async () => {
  await admin(database.operatorUrl, ['grant', 'ada']);
  await admin(database.operatorUrl, ['revoke', 'ada']);
  expect(await role()).toBe('person');
  const open = await database.query('SELECT 1 FROM sessions WHERE ended_at IS NULL');
  const due = await database.query<{ kind: string }>('SELECT kind FROM outbox');
  expect([open.length, due.map(({ kind }) => kind)]).toEqual([0, ['session.ended']]);
});

test('revoke is made though Redis is away, and says what that means', async () => {
  const told = await admin(database.operatorUrl, ['revoke', 'ada'], 'redis://127.0.0.1:1');
  expect(told).toMatch(/^ada is a person .* signed out everywhere\. Redis did not answer: /);
  expect(await database.query('SELECT 1 FROM sessions WHERE ended_at IS NULL')).toEqual([]);
});

test('synthetic hides somebody from all lists, and revoke makes them a person again', async () => {
  expect(await admin(database.operatorUrl, ['synthetic', 'ada'])).toContain('counted nowhere');
  expect(await role()).toBe('synthetic');
  const words = () => database.query('SELECT 1 FROM search_words WHERE subject_id = $1', [ada]);
  const [row] = await database.query<{ private: boolean }>('SELECT private FROM users');
  expect([row?.private, (await words()).length]).toEqual([true, 0]);
  await admin(database.operatorUrl, ['revoke', 'ada']);
  expect([await role(), (await words()).length > 0]).toEqual(['person', true]);
});

test('every change of rights is on the record, which audit shows', async () => {
  expect(await admin(database.operatorUrl, ['audit'])).toBe('nothing happened within the last year');
  await admin(database.operatorUrl, ['grant', 'ada']);
  await admin(database.operatorUrl, ['revoke', 'ada']);
  const lines = (await admin(database.operatorUrl, ['audit', 'ADA'])).split('\n');
  expect(lines).toEqual([
    expect.stringMatching(
      /^20.*Z role.changed of ada by Narwhal or an operator {"role":"admin","operator":"/,
    ),
    expect.stringMatching(/ role.changed of ada by Narwhal or an operator {"role":"person",/),
  ]);
  await expect(admin(database.operatorUrl, ['audit', 'nobody'])).rejects.toThrow('expected a username');
});

test.each([[['grant', 'nobody']], [['grant']], [['promote', 'ada']], [[]]])('%j is refused', async (args) => {
  await expect(admin(database.operatorUrl, args)).rejects.toThrow(/^expected .* but received/);
  expect(await role()).toBe('person');
});

/** Somebody who signed up, and waits. */
async function waiting(username: string, invitedBy: string | null = null): Promise<string> {
  const [row] = await database.query<{ id: string }>(
    `INSERT INTO registrations (shard, id, username, email, password_hash, locale, invited_by)
     VALUES (7, next_id(7), $1, $1 || '@example.org', '', 'en', $2) RETURNING id`,
    [username, invitedBy],
  );
  await database.query(
    `INSERT INTO usernames (username, given_up_by, given_up_at) VALUES ($1, $2, 'infinity')`,
    [username, row?.id],
  );
  return row?.id ?? '';
}

test('registrations lists those who wait, oldest first, and who invited them', async () => {
  expect(await admin(database.operatorUrl, ['registrations'])).toBe('nobody waits');
  const [grace, mary] = [await waiting('grace'), await waiting('mary', ada)];
  const lines = (await admin(database.operatorUrl, ['registrations'])).split('\n');
  expect(lines).toEqual([
    expect.stringMatching(new RegExp(`^20.*Z ${grace} grace grace@example.org$`)),
    expect.stringMatching(new RegExp(`^20.*Z ${mary} mary mary@example.org invited by ada$`)),
  ]);
});

test('approve lets in who waits, and a mail tells them; the operator is on the record', async () => {
  const id = await waiting('grace');
  expect(await admin(database.operatorUrl, ['approve', 'Grace'])).toBe(
    'grace has an account now. A mail tells them.',
  );
  expect(await database.query(`SELECT id FROM users WHERE username = 'grace'`)).toEqual([{ id }]);
  const due = await database.query<{ kind: string }>('SELECT kind FROM outbox');
  expect(due.map(({ kind }) => kind)).toEqual(['mail.send', 'mail.send']);
  expect(await admin(database.operatorUrl, ['audit', 'grace'])).toMatch(
    /account.approved of grace by Narwhal or an operator {"operator":"/,
  );
  await expect(admin(database.operatorUrl, ['approve', 'grace'])).rejects.toThrow(
    'expected the username of somebody who waits but received "grace"',
  );
});

test('refuse deletes who waits, and the reason stands in the mail', async () => {
  const refuse = (reason?: string) => adminOn(database.operatorUrl, ['refuse', 'grace'], { reason });
  await waiting('grace');
  await expect(refuse('x'.repeat(501))).rejects.toThrow('expected a reason of at most 500 characters');
  await expect(refuse('\u0007')).rejects.toThrow('none of them a control character');
  expect(await refuse(' No  bots ')).toContain('The sign-up of grace is refused');
  for (const table of ['registrations', `usernames WHERE username = 'grace'`])
    expect(await database.query(`SELECT FROM ${table}`)).toEqual([]);
  const mails = await database.query('SELECT kind, note FROM mails');
  expect(mails).toEqual([{ kind: 'refused', note: 'No  bots' }]);
  await expect(refuse()).rejects.toThrow('expected the username of somebody who waits');
  await expect(adminOn(database.operatorUrl, ['approve', 'grace'], { reason: 'x' })).rejects.toThrow(
    /^expected one of these but received/,
  );
});
