import request from 'supertest';
import type { Photo, Post, ProblemBody, Session } from '../harness/contract.js';
import type { Person, Server } from '../harness/people.js';
import type { Stack } from '../harness/stack.js';

/** Where and by whom one attack is tried. */
interface Scene {
  stack: Stack;
  /** The api itself, or NGINX before it. */
  server: Server;
  /** The same, where it is limited how often one may ask. */
  limited: Server;
  /** All that comes back for a body that stands still since the suite began. */
  standing: Promise<string>;
  /** Two people of each attack's own: hers are the things, Mallory attacks. */
  ada: Person;
  mallory: Person;
  photo: Photo;
  posted: (person: Person, caption: string, place?: string) => Promise<Post>;
}

export interface Attack {
  what: string;
  expected: string;
  /** Attacks, and returns what there was to see. */
  seen: (scene: Scene) => Promise<string>;
}

/** Tested elsewhere: nothing that a client sends shows it. */
export const elsewhere = [
  ['7: a decoder that was taken over', 'libs/images/src/wall.spec.ts'],
  ['17: a package that nobody allowed, an unknown licence', 'tools/package/supply.spec.ts'],
  ['17: a package without its bill of materials', 'test/package.test.ts'],
] as const;

/** The bytes that one person of the stack may store. */
export const QUOTA = 1_000_000;

let count = 0;
export const unique = (): number => (count += 1);

export const client = (server: Server) => request(server.url);

/** The different answers, with how often each came. */
export function tally(answers: { status: number; body: unknown }[]): string {
  const said = answers.map(({ status, body }) => `${status} ${(body as ProblemBody).code ?? ''}`.trim());
  const kinds = [...new Set(said)].sort();
  return kinds.map((kind) => `${kind} × ${said.filter((one) => one === kind).length}`).join(', ');
}

/** So many at once. */
export const times = <Answer>(
  many: number,
  once: (index: number) => PromiseLike<Answer>,
): Promise<Answer[]> => Promise.all(Array.from({ length: many }, (_, index) => once(index)));

export const alive = (session: Session, server: Server) =>
  client(server).get('/v1/me').set('Authorization', `Bearer ${session.accessToken}`);
