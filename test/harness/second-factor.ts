import { generateSync } from 'otplib';
import request from 'supertest';
import type { ProblemBody, Session } from './contract.js';
import { PASSWORD, type Person, type Server } from './people.js';
import type { Stack } from './stack.js';

const STEP = 30;

/** The code that an authenticator app shows, so many steps from now. */
export const codeOf = (secret: string, steps = 0): string =>
  generateSync({ secret, epoch: Date.now() / 1000 + steps * STEP });

export async function proofOf(person: Person, password = PASSWORD): Promise<string> {
  const made = await person.request('post', '/v1/me/proofs', { password }).expect(201);
  return (made.body as { proof: string }).proof;
}

/** A request with a fresh proof. */
export const proven = async (person: Person, ...[method, path, body]: Parameters<Person['request']>) => {
  const proof = await proofOf(person);
  return person.request(method, path, body).set('Narwhal-Proof', proof);
};

export interface Totp {
  secret: string;
  recoveryCodes: string[];
}

export async function setTotp(person: Person): Promise<Totp> {
  const begun = await proven(person, 'post', '/v1/me/totp');
  const { secret } = begun.body as { secret: string };
  const set = await person.request('put', '/v1/me/totp', { code: codeOf(secret) }).expect(200);
  return { secret, ...(set.body as { recoveryCodes: string[] }) };
}

/** As if the time step of the last code were long ago: a test does not wait for the next one. */
export const forgetSteps = (stack: Stack) => stack.database.query('UPDATE factors SET step = 0');

export const signInAt = (server: Server, body: object, key?: string) => {
  const sent = request(server.url).post('/v1/sessions').send(body);
  return key === undefined ? sent : sent.set('Idempotency-Key', key);
};

/** The challenge after a right password. */
export async function challengeFor(person: Person): Promise<{ challenge: string; methods: string[] }> {
  const { username: login } = person.user;
  const asked = await signInAt(person.server, { login, password: PASSWORD });
  const { code, params } = asked.body as ProblemBody & { params: { challenge: string; methods: string[] } };
  if (asked.status !== 401 || code !== 'second_factor_required')
    throw new Error(`expected 401 second_factor_required but received ${asked.text}`);
  return params;
}

export const sessionOf = (answer: { body: unknown }): Session =>
  (answer.body as { session: Session }).session;
