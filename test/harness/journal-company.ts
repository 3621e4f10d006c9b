import type { Actor } from './journal-actor.js';
import type { Vanished } from './journal-vanished.js';
import type { Journal } from './journal.js';
import type { Turns } from './turns.js';

/** The people who act, and their shared state. */
export interface Company {
  actors: Actor[];
  journal: Journal;
  /** Changes of the relation between two people run one at a time, so that their order is known. */
  pairs: Turns;
  vanished: Vanished;
  /** Acts with a text or picture of their own so far, which keeps these unique. */
  made: number;
}

export type Act = (actor: Actor, company: Company) => Promise<void>;
