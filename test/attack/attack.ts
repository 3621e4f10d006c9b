import request from 'supertest';
import type { Photo, Post, ProblemBody, Session } from '../harness/contract.js';
import type { Person, Server } from '../harness/people.js';
import type { Stack } from '../harness/stack.js';

/** Where and by whom one attack is tried. */
interface Scene {
  stack: Stack;
  /** The api itself, or NGINX before it. */
  server: Server;
  /** An api of the same stack that limits how often. */
  limited: Server;
  /** Two people of each attack's own: hers are the things, Mallory attacks. */
  ada: Person;
  mallory: Person;
  photo: Photo;
  posted: (person: Person, caption: string) => Promise<Post>;
}

export interface Attack {
  what: string;
  expected: string;
  /** Attacks, and returns what there was to see. */
  seen: (scene: Scene) => Promise<string>;
}

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
