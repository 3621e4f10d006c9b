import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { Known, Targets } from './fuzz-values.js';
import { secretsOf } from './mail-server.js';
import { PASSWORD, signUp, type Person } from './people.js';
import { proofOf, setTotp } from './second-factor.js';
import type { Stack } from './stack.js';

/** The links of the mails that verify these people's addresses. */
async function verifyingTokens({ mails }: Stack, people: readonly Person[]): Promise<string[]> {
  const files = await readdir(mails);
  const sources = await Promise.all(files.map((file) => readFile(join(mails, file), 'utf8')));
  return people.flatMap(({ user: { username } }) => {
    const source = sources.find((text) => text.includes(`${username}@example.org`));
    return source === undefined ? [] : secretsOf(source).token;
  });
}

/** Requests with fresh proofs about second factors and addresses, and about an admin's invitations. */
export async function knownFactors(stack: Stack, judy: Person): Promise<Targets['known']> {
  const people = await Promise.all(Array.from({ length: 6 }, (_, index) => signUp(stack, `factors${index}`)));
  const [begins, removes, renews, ...unverified] = people as [Person, Person, Person, ...Person[]];
  await Promise.all([setTotp(removes), setTotp(renews)]);
  await stack.folded();
  const proven = async (person: Person, rest: Partial<Known> = {}): Promise<Known> => ({
    token: person.session.accessToken,
    more: [['narwhal-proof', await proofOf(person)]],
    ...rest,
  });
  const invited = await judy.request('post', '/v1/invitations', {}).expect(201);
  const { id: invitation } = invited.body as { id: string };
  return {
    'POST /v1/me/proofs': [
      { token: begins.session.accessToken, body: JSON.stringify({ password: PASSWORD }) },
    ],
    'POST /v1/me/totp': [await proven(begins)],
    'DELETE /v1/me/totp': [await proven(removes)],
    'POST /v1/me/recovery-codes': [await proven(renews)],
    'POST /v1/me/passkeys/options': [await proven(begins)],
    'DELETE /v1/me/passkeys/{id}': [await proven(begins, { path: ['1'] })],
    'DELETE /v1/me/identities/{provider}': [await proven(begins, { path: ['ours'] })],
    'PUT /v1/me/email': [
      await proven(begins, { body: JSON.stringify({ email: 'factors.of.fuzz@example.org' }) }),
    ],
    'PUT /v1/email/verifications': (await verifyingTokens(stack, unverified)).map((token) => ({
      body: JSON.stringify({ token }),
    })),
    'DELETE /v1/invitations/{id}': [{ path: [invitation], token: judy.session.accessToken }],
    // Letting in again who is here already is a repeat.
    'PUT /admin/registrations/{id}': [
      { path: [judy.user.id], token: judy.session.accessToken, body: JSON.stringify({ state: 'approved' }) },
    ],
  };
}
