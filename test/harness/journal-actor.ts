import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Session, User } from './contract.js';
import type { Answer, JournalClient, Sent } from './journal-client.js';
import type { Journal } from './journal.js';
import { PASSWORD } from './people.js';

/** Pseudo-random numbers from 0 to 1, determined by the seed. */
export function randomOf(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

/** A person who does one thing after the other, so that the order of the acts is known. */
export class Actor {
  /** Another device of the same person, with its own session. */
  otherDevice: Session | null = null;

  constructor(
    readonly user: User,
    public session: Session,
    readonly client: JournalClient,
    readonly journal: Journal,
    readonly random: () => number,
  ) {}

  get id(): string {
    return this.user.id;
  }

  get name(): string {
    return this.user.username;
  }

  pick<Thing>(things: readonly Thing[]): Thing | undefined {
    return things[Math.floor(this.random() * things.length)];
  }

  /** Sends with this person's token, refreshed when needed, until there is a response. */
  async send<Body>(sent: Sent): Promise<Answer<Body>> {
    for (let tries = 1; ; tries += 1) {
      const answer = await this.client.settled<Body>({ ...sent, token: this.session.accessToken });
      if (answer.status !== 401 || tries === 3) return answer;
      if (answer.code === 'session_ended') await this.signInAgain();
      else await this.refresh();
    }
  }

  post<Body>(path: string, more: { body?: object; file?: Buffer }): Promise<Answer<Body>> {
    return this.send<Body>({ method: 'POST', path, key: randomUUID(), ...more });
  }

  async refresh(): Promise<void> {
    const { refreshToken } = this.session;
    const answer = await this.client.settled<{ session: Session }>({
      method: 'POST',
      path: '/v1/sessions/refresh',
      body: { refreshToken },
    });
    if (answer.status === 200) this.session = answer.body.session;
    else await this.signInAgain();
  }

  async signIn(): Promise<Session> {
    const sent: Sent = {
      method: 'POST',
      path: '/v1/sessions',
      key: randomUUID(),
      body: { login: this.name, password: PASSWORD },
    };
    const answer = await this.client.settled<{ session: Session }>(sent);
    if (answer.status !== 201)
      throw new Error(`expected ${this.name} to sign in but received ${answer.status}`);
    this.journal.sessions.get(this.id)?.add(answer.body.session.id);
    return answer.body.session;
  }

  /** Nobody ended this session. */
  private async signInAgain(): Promise<void> {
    this.journal.find(
      'signed out',
      this.session.id,
      `session ${this.session.id} of ${this.name} ended by itself`,
    );
    this.journal.sessions.get(this.id)?.delete(this.session.id);
    this.session = await this.signIn();
  }

  /** Reads one of four things, whatever comes of it. */
  look(which: number): Promise<void> {
    const readings = ['/v1/feed', '/v1/me', '/v1/notifications', `/v1/users/${this.id}/posts`];
    return this.client.look(readings[which] ?? '/v1/me', this.session.accessToken);
  }

  /** Acts until asked to stop, with reads in between. */
  async live(act: (actor: Actor) => Promise<void>, isOver: () => boolean, pause: number): Promise<void> {
    while (!isOver()) {
      await act(this);
      await this.look(this.pick([0, 1, 2, 3]) ?? 0);
      await sleep(pause * (0.5 + this.random()));
    }
  }
}
