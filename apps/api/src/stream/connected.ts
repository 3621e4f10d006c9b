import { limits, type Id } from '@app/platform';
import type { LiveStream } from './live-stream.js';

/** Every stream of this process, by person, by session, and by the second of the heartbeat that serves it. */
export class Connected {
  private readonly byPerson = new Map<Id, Set<LiveStream>>();
  private readonly bySession = new Map<Id, Set<LiveStream>>();
  /** One timer serves all streams: each second it serves one part, so that no second has all the work. */
  private readonly parts = Array.from({ length: limits.stream.heartbeat }, () => new Set<LiveStream>());
  private turn = 0;

  get size(): number {
    return this.parts.reduce((sum, part) => sum + part.size, 0);
  }

  add(stream: LiveStream): void {
    into(this.byPerson, stream.person, stream);
    into(this.bySession, stream.session, stream);
    // Adds to the part that was served last, whose next turn is a whole heartbeat away.
    this.parts[(this.turn + this.parts.length - 1) % this.parts.length]?.add(stream);
  }

  remove(stream: LiveStream): void {
    outOf(this.byPerson, stream.person, stream);
    outOf(this.bySession, stream.session, stream);
    for (const part of this.parts) part.delete(stream);
  }

  /** The streams whose turn it is. */
  next(): LiveStream[] {
    const part = this.parts[this.turn] ?? new Set();
    this.turn = (this.turn + 1) % this.parts.length;
    return [...part];
  }

  /** The person's streams, oldest first. */
  ofPerson(person: Id): LiveStream[] {
    return [...(this.byPerson.get(person) ?? [])];
  }

  ofSession(session: Id): LiveStream[] {
    return [...(this.bySession.get(session) ?? [])];
  }

  people(): Id[] {
    return [...this.byPerson.keys()];
  }

  all(): LiveStream[] {
    return this.parts.flatMap((part) => [...part]);
  }
}

function into(map: Map<Id, Set<LiveStream>>, key: Id, stream: LiveStream): void {
  const streams = map.get(key);
  if (streams) streams.add(stream);
  else map.set(key, new Set([stream]));
}

function outOf(map: Map<Id, Set<LiveStream>>, key: Id, stream: LiveStream): void {
  const streams = map.get(key);
  streams?.delete(stream);
  if (streams?.size === 0) map.delete(key);
}
