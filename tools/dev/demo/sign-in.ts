import { ApiProblem, type Client } from './client.ts';
import type { Person } from './people.ts';

/** A signed-in person of the demo. */
export interface Member {
  id: string;
  client: Client;
}

interface SignedIn {
  user: { id: string };
  session: { accessToken: string };
}

/** Signs a person in, and signs up new ones first. */
export async function signIn(
  client: Client,
  person: Omit<Person, 'avatar'>,
  password: string,
): Promise<Member> {
  const { username, displayName, bio } = person;
  try {
    return memberOf(client, await client.post<SignedIn>('/v1/sessions', { login: username, password }));
  } catch (error) {
    if (!(error instanceof ApiProblem) || error.status !== 401) throw error;
  }
  const email = `${username}@demo.example`;
  const member = memberOf(
    client,
    await client.post<SignedIn>('/v1/users', { username, displayName, email, password }),
  );
  await member.client.patch('/v1/me', { bio });
  return member;
}

function memberOf(client: Client, { user, session }: SignedIn): Member {
  return { id: user.id, client: client.withToken(session.accessToken) };
}
