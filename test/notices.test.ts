import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { MailReceiver, textOf } from './harness/mail-server.js';
import { patient } from './harness/pace.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { setTotp, signInAt } from './harness/second-factor.js';
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
  ada = await signUp(stack, `told${(people += 1)}`);
  await stack.quiet();
  receiver.received.length = 0;
  await stack.database.query(
    `INSERT INTO emails (email, user_id, verified_at) SELECT email, id, now() FROM users WHERE id = $1`,
    [ada.id],
  );
});

const signInWith = (userAgent: string) =>
  signInAt(stack, { login: ada.user.username, password: PASSWORD }).set('User-Agent', userAgent).expect(201);
const mails = () => receiver.received.map(({ source }) => textOf(source));
const told = async (count: number) => {
  await expect.poll(() => mails().length, { timeout: patient(20_000) }).toBe(count);
  await stack.quiet();
  expect(mails()).toHaveLength(count);
  return mails();
};

describe('the owner is told by mail', () => {
  test('of a sign-in with a new device, once', async () => {
    await signInWith('Thief/1.0');
    await signInWith('Thief/1.0');
    expect((await told(1)).join('')).toContain('not used with before');
  });

  test('of a new password and of a second factor, and not without end', async () => {
    await ada.request('put', '/v1/me/password', { current: PASSWORD, next: `${PASSWORD}!` }).expect(204);
    await ada.request('put', '/v1/me/password', { current: `${PASSWORD}!`, next: PASSWORD }).expect(204);
    await setTotp(ada);
    await setTotp(ada);
    expect((await told(3)).join('')).toContain('second factor');
  });

  test('of the closing of the account, and how to undo it', async () => {
    await ada.request('delete', '/v1/me', { password: PASSWORD }).expect(202);
    const [mail] = await told(1);
    expect(mail).toContain('in 14 days it is deleted');
    expect(mail).toContain('sign in before then');
  });

  test('only at an address that is verified', async () => {
    await stack.database.query('DELETE FROM emails WHERE user_id = $1', [ada.id]);
    await signInWith('Thief/2.0');
    await told(0);
  });
});
