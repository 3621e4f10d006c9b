import { appendFileSync } from 'node:fs';
import { Model, type ModelPost } from './model.js';

export interface JournalComment {
  /** Each text is written once, so that it identifies a comment. */
  text: string;
  /** Null where its author got a response that it exists, but may no longer see it. */
  id: string | null;
  post: string;
  author: string;
  replyTo: string | null;
  deleted: boolean;
}

export interface JournalPost extends ModelPost {
  caption: string;
  photos: string[];
  savers: Set<string>;
  /** Its author is deleting it. */
  going: boolean;
}

export type FindingKind = 'lost' | 'double' | 'drift' | 'came back' | 'refused' | 'signed out' | 'error';

interface Phase {
  name: string;
  begun: number;
  writes: number;
  /** When the last write was acknowledged, and the longest time between two, in milliseconds. */
  last: number;
  silence: number;
  reads: Map<number, number>;
  /** Reads that a replica answered. */
  stale: number;
  /** Responses that made a client retry. */
  unavailable: Map<number, number>;
  /** Photos that were refused for lack of room. */
  roomless: number;
}

/** The acts that clients got acknowledged, in order, and the resulting state: the API has to show it in the end. */
export class Journal {
  readonly model = new Model();
  readonly posts = new Map<string, JournalPost>();
  readonly comments: JournalComment[] = [];
  readonly profiles = new Map<string, string>();
  /** Each person's active sessions. */
  readonly sessions = new Map<string, Set<string>>();
  readonly found: string[] = [];
  private readonly lines: string[] = [];
  private readonly phases: Phase[] = [];

  constructor(private readonly file: string) {
    this.begin('before');
  }

  private get phase(): Phase {
    return this.phases.at(-1) as Phase;
  }

  /** Photos that were acknowledged. */
  photos = 0;
  /** Whether photos may be refused for lack of room, in this phase. */
  isDiskFull = false;

  /** Begins a phase with this fault. */
  begin(name: string): void {
    this.isDiskFull = false;
    this.phases.push({
      name,
      begun: performance.now(),
      writes: 0,
      last: performance.now(),
      silence: 0,
      reads: new Map(),
      stale: 0,
      unavailable: new Map(),
      roomless: 0,
    });
  }

  /** Writes acknowledged since the phase began. */
  get acknowledged(): number {
    return this.phase.writes;
  }

  get writes(): number {
    return this.phases.reduce((sum, { writes }) => sum + writes, 0);
  }

  /** The longest time without an acknowledged write in this phase, in seconds. */
  get longestSilence(): number {
    return Math.max(this.phase.silence, performance.now() - this.phase.last) / 1_000;
  }

  ack(person: string, what: string): void {
    this.phase.writes += 1;
    this.phase.silence = this.longestSilence * 1_000;
    this.phase.last = performance.now();
    const line = `${new Date().toISOString()} [${this.phase.name}] ${person} ${what}`;
    this.lines.push(line);
    appendFileSync(this.file, `${line}\n`);
  }

  looked(status: number, isStale: boolean): void {
    if (isStale) this.phase.stale += 1;
    this.phase.reads.set(status, (this.phase.reads.get(status) ?? 0) + 1);
  }

  /** Reads that a replica answered since the phase began. */
  get staleReads(): number {
    return this.phase.stale;
  }

  get roomless(): number {
    return this.phase.roomless;
  }

  /** A photo was refused with 507. */
  hadNoRoom(person: string): void {
    this.phase.roomless += 1;
    if (!this.isDiskFull) this.find('refused', '', `${person}'s photo: there is room, but 507 says not`);
  }

  repeats(status: number): void {
    this.phase.unavailable.set(status, (this.phase.unavailable.get(status) ?? 0) + 1);
  }

  /** Reports a difference from the acknowledged state, with the journal's entries about its subject. */
  find(kind: FindingKind, subject: string, what: string): void {
    const history = this.lines.filter((line) => subject !== '' && line.includes(subject)).slice(-12);
    this.found.push(
      [`${kind}: ${what} [${this.phase.name}]`, ...history.map((line) => `    ${line}`)].join('\n'),
    );
  }

  add(post: JournalPost): void {
    this.posts.set(post.id, post);
    this.model.posts.push(post);
  }

  remove(post: JournalPost): void {
    this.posts.delete(post.id);
    this.model.posts = this.model.posts.filter(({ id }) => id !== post.id);
  }

  /** The counted comments of a post: a block removes the blocked person's comments from the blocker's posts. */
  commentsOf(post: ModelPost): JournalComment[] {
    return this.comments.filter(
      (one) => one.post === post.id && !one.deleted && !this.model.blocks.has(post.author, one.author),
    );
  }

  /** One line per phase: its duration, writes, the statuses that made clients retry, and the results of reads, which are not retried. */
  table(): string {
    return this.phases
      .map(({ name, begun, writes, unavailable, roomless, reads, stale }, index) => {
        const ended = this.phases[index + 1]?.begun ?? performance.now();
        const seconds = `${((ended - begun) / 1_000).toFixed(1)} s`;
        const done = `${writes} writes${roomless > 0 ? `, ${roomless} photos without room` : ''}`;
        const repeated = `repeated: ${told(unavailable)}`;
        const read = `reads: ${told(reads)}${stale > 0 ? `, ${stale} by a replica` : ''}`;
        return [name.padEnd(44), seconds, done, repeated, read].join('; ');
      })
      .join('\n');
  }
}

function told(statuses: Map<number, number>): string {
  const sorted = [...statuses].toSorted(([a], [b]) => a - b);
  return sorted.map(([status, count]) => `${status === 0 ? 'no answer' : status} ${count}`).join(', ') || '-';
}
