import { Narwhal, Refusal } from '../../../packages/client/src/index.ts';
import type { Person } from './people.ts';

/** A signed-in person of the demo. */
export interface Member {
  id: string;
  client: Narwhal;
}

/** Signs a person in, and signs up new ones first. */
export async function signIn(url: string, person: Omit<Person, 'avatar'>, password: string): Promise<Member> {
  const { username, displayName, bio } = person;
  const client = new Narwhal(url);
  try {
    return { id: (await client.signIn(username, password)).id, client };
  } catch (error) {
    if (!(error instanceof Refusal) || error.status !== 401) throw error;
  }
  const { id } = await client.signUp({ username, displayName, email: `${username}@demo.example`, password });
  await client.api.PATCH('/v1/me', { body: { bio } });
  return { id, client };
}
