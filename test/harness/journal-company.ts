import type { Actor } from './journal-actor.js';
import type { Vanished } from './journal-vanished.js';
import type { Journal } from './journal.js';
import type { Turns } from './turns.js';

/** Those who act, and what they share. */
export interface Company {
  actors: Actor[];
  journal: Journal;
  /** Two people change how they stand to each other in turns, so that it is known who came first. */
  pairs: Turns;
  vanished: Vanished;
  /** So many acts have a text or picture of their own so far. */
  made: number;
}

export type Act = (actor: Actor, company: Company) => Promise<void>;
