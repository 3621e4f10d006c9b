import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { MailReceiver, codeIn } from './harness/mail-server.js';
import { signIn, signUp, type Person } from './harness/people.js';
import { setTotp } from './harness/second-factor.js';
import { startStack, type Stack } from './harness/stack.js';

const receiver = new MailReceiver();
let stack: Stack;
let ada: Person;
let people = 0;

beforeAll(async () => {
  stack = await startStack({ env: { SMTP_URL: await receiver.start() } });
});
afterAll(async () => {
  await stack.stop();
  await receiver.stop();
});
beforeEach(async () => {
  ada = await signUp(stack, `proves${(people += 1)}`);
  await stack.quiet();
  await stack.database.query(
    `INSERT INTO emails (email, user_id, verified_at) SELECT email, id, now() FROM users WHERE id = $1`,
    [ada.id],
  );
  receiver.received.length = 0;
});

const ask = (person = ada) => person.request('post', '/v1/me/proofs', { send: 'email' });
const give = (code: string, person = ada) => person.request('post', '/v1/me/proofs', { code });
async function mailed(): Promise<string> {
  await ask().expect(202);
  await stack.quiet();
  return codeIn(receiver.received.at(-1)?.source ?? '');
}
async function proofOf(code: string): Promise<string> {
  const made = await give(code).expect(201);
  return (made.body as { proof: string }).proof;
}
const other = (code: string) => (code === '000000' ? '000001' : '000000');

test('six digits of a mail to the verified address are a proof, once', async () => {
  const code = await mailed();
  expect(code).toMatch(/^\d{6}$/);
  expect(receiver.received.map(({ to }) => to)).toEqual([[`${ada.user.username}@example.org`]]);
  const proof = await proofOf(`${code.slice(0, 3)} ${code.slice(3)}`);
  refused(await give(code), 403, 'code_wrong');
  await ada.request('post', '/v1/me/totp').set('Narwhal-Proof', proof).expect(201);
});

test('they prove nothing about another address, and nothing once a second factor is set', async () => {
  const proof = await proofOf(await mailed());
  const change = ada.request('put', '/v1/me/email', { email: 'eve@example.org' });
  refused(await change.set('Narwhal-Proof', proof), 403, 'proof_required');
  const code = await mailed();
  await setTotp(ada);
  refused(await give(code), 403, 'code_wrong');
  refused(await ada.request('delete', '/v1/me/totp').set('Narwhal-Proof', proof), 403, 'proof_required');
  refused(await ask(), 403, 'proof_not_mailed');
});

test('no code goes to an address that is not verified', async () => {
  await stack.database.query('DELETE FROM emails WHERE user_id = $1', [ada.id]);
  refused(await ask(), 403, 'proof_not_mailed');
});

test('the newest code counts, in each session of its account alone', async () => {
  const [first, second] = [await mailed(), await mailed()];
  const grace = await signUp(stack, `grace${people}`);
  refused(await give(second, grace), 403, 'code_wrong');
  if (first !== second) refused(await give(first), 403, 'code_wrong');
  await give(second, await signIn(stack, ada.user.username)).expect(201);
});

test('a code bears five wrong ones, also when they come at the same moment, and an account three mails an hour', async () => {
  const code = await mailed();
  const wrong = await Promise.all(Array.from({ length: 5 }, () => give(other(code))));
  expect(wrong.map(({ status }) => status)).toEqual([403, 403, 403, 403, 403]);
  await stack.redis.flushall();
  refused(await give(code), 403, 'code_wrong');
  await mailed();
  await mailed();
  const late = await ask();
  refused(late, 429, 'rate_limited');
  expect(Number(late.headers['retry-after'])).toBeGreaterThan(3_000);
});

test('a code is over after ten minutes', async () => {
  const code = await mailed();
  await stack.database.query(`UPDATE mails SET expires_at = now() WHERE user_id = $1 AND kind = 'proof'`, [
    ada.id,
  ]);
  refused(await give(code), 403, 'code_wrong');
});

test('guesses at the same moment do not pass the sum of a day', async () => {
  const code = await mailed();
  await stack.database.query(
    `INSERT INTO mails (shard, id, kind, user_id, address, locale, expires_at, used_at, guesses)
     SELECT shard, next_id(shard), kind, user_id, address, locale, expires_at, now(), 17 FROM mails
     WHERE user_id = $1 AND kind = 'proof'`,
    [ada.id],
  );
  await Promise.all(Array.from({ length: 8 }, () => give(other(code))));
  const [sum] = await stack.database.query<{ sum: number }>(
    `SELECT sum(guesses)::int AS sum FROM mails WHERE user_id = $1 AND kind = 'proof'`,
    [ada.id],
  );
  expect(sum?.sum).toBe(20);
});
