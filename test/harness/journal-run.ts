import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { Actor, randomOf } from './journal-actor.js';
import { actOf } from './journal-acts.js';
import type { Company } from './journal-company.js';
import { JournalCheck } from './journal-check.js';
import { JournalClient } from './journal-client.js';
import { driftOfRows, type Rows } from './journal-rows.js';
import { Vanished } from './journal-vanished.js';
import { Journal } from './journal.js';
import { patient } from './pace.js';
import { signUp } from './people.js';
import { untilQuiet } from './quiet.js';
import { Turns } from './turns.js';

const names = [
  'ada',
  'grace',
  'linus',
  'alan',
  'edsger',
  'barbara',
  'donald',
  'margaret',
  'dennis',
  'frances',
  'ken',
  'radia',
];
/** The people with private accounts. */
const PRIVATE = 3;
/** Between two acts of one person, in milliseconds: some hundred acts per second in total. */
const PAUSE = 80;
/** Acts acknowledged before a fault begins, so that it meets some in progress, and after it is over. */
const SOME = 25;
const PATIENCE = patient(90_000);

/** The stack that people act on. */
interface JournaledStack extends Rows {
  /** Where the journal is kept. */
  folder: string;
  /** The URLs for clients. */
  urls: readonly string[];
  /** Each api by itself. */
  apis: readonly { url: string }[];
  worker: { metricsUrl: string };
  /** Settles once every part reports that it is ready. */
  ready(patience: number): Promise<void>;
}

/** People who act while faults happen, and the journal of their acknowledged acts. */
export class JournalRun {
  readonly check: JournalCheck;
  private acting: Promise<unknown> = Promise.resolve();
  private isOver = true;

  private constructor(
    private readonly stack: JournaledStack,
    readonly company: Company,
  ) {
    this.check = new JournalCheck(company, stack.urls[0] ?? '');
  }

  static async start(stack: JournaledStack, seed: number): Promise<JournalRun> {
    const journal = new Journal(join(stack.folder, 'journal.log'));
    const direct = stack.apis.map(({ url }) => url);
    const vanished = new Vanished(direct, journal, patient(5_000));
    const company: Company = { actors: [], journal, pairs: new Turns(), vanished, made: 0 };
    company.actors = await Promise.all(
      names.map(async (name, index) => {
        const { user, session } = await signUp({ url: direct[0] ?? '' }, name);
        journal.sessions.set(user.id, new Set([session.id]));
        return new Actor(
          user,
          session,
          new JournalClient(stack.urls, journal),
          journal,
          randomOf(seed + index),
        );
      }),
    );
    for (const actor of company.actors.slice(0, PRIVATE)) {
      await actor.send({ method: 'PATCH', path: '/v1/me', body: { private: true } });
      journal.model.private.add(actor.id);
    }
    void vanished.watch();
    return new JournalRun(stack, company);
  }

  get journal(): Journal {
    return this.company.journal;
  }

  private resume(): void {
    if (!this.isOver) return;
    this.isOver = false;
    this.acting = Promise.all(this.company.actors.map((actor) => this.live(actor)));
  }

  private async live(actor: Actor): Promise<void> {
    try {
      await actor.live(
        (one) => actOf(one, this.company),
        () => this.isOver,
        PAUSE,
      );
    } catch (error) {
      this.journal.find('error', '', `${actor.name} cannot go on: ${String(error)}`);
    }
  }

  /** Settles when everybody's last act is acknowledged. */
  async pause(): Promise<void> {
    this.isOver = true;
    await this.acting;
  }

  /** Waits for acts that are acknowledged from now on. */
  private some(): Promise<void> {
    const enough = this.journal.acknowledged + SOME;
    return this.until('acts are acknowledged', () => this.journal.acknowledged >= enough);
  }

  /** Photos are refused while there is no room; all other acts are acknowledged. */
  async whileRoomless(refill: () => void): Promise<void> {
    const { journal } = this;
    journal.isDiskFull = true;
    refill();
    const enough = journal.acknowledged + 4 * SOME;
    await this.until('photos are refused for want of room, and all else is acknowledged', () => {
      refill();
      return journal.roomless >= 5 && journal.acknowledged >= enough;
    });
  }

  /** There is room again: an api's cached state of the disk is refreshed soon. */
  untilTaken(): Promise<void> {
    const { journal } = this;
    const { photos } = journal;
    return this.until('photos are taken', () => journal.photos > photos);
  }

  private async until(what: string, isSo: () => boolean): Promise<void> {
    const deadline = Date.now() + PATIENCE;
    while (!isSo()) {
      if (Date.now() > deadline) throw new Error(`expected that ${what}, but waited in vain`);
      await sleep(20);
    }
  }

  /** Acts are in progress when the fault begins and are acknowledged again when it is over; `fault` settles when it is mended. */
  async under(name: string, fault: () => Promise<void>): Promise<void> {
    this.journal.begin(name);
    this.resume();
    await this.some();
    this.company.vanished.healthy = false;
    await this.reading(fault());
    await this.stack.ready(PATIENCE);
    this.company.vanished.healthy = true;
    await this.some();
  }

  /** People go on reading while their writes wait. */
  private async reading(fault: Promise<void>): Promise<void> {
    let isMended = false;
    const over = fault.finally(() => (isMended = true));
    const { actors } = this.company;
    for (let turn = 0; !isMended; turn += 1) {
      await Promise.race([over, actors[turn % actors.length]?.look(turn % 4)]);
      await sleep(PAUSE);
    }
    await over;
  }

  /** Waits until everybody is idle, and compares everything that the API shows with the journal. */
  async settle(): Promise<void> {
    await this.pause();
    this.journal.begin('at rest');
    await untilQuiet(this.stack.worker.metricsUrl, { patience: PATIENCE });
    await this.check.all();
    for (const { what, subject } of await this.company.vanished.stillSeen())
      this.journal.find('came back', subject, `${what} is still seen`);
    for (const drift of await driftOfRows(this.stack))
      this.journal.find('drift', /\d{6,}/.exec(drift)?.[0] ?? '', drift);
  }

  /** Waits until nothing deleted is visible and no feed is wrong: this may take a while, but may not need the worker. */
  async untilForgotten(): Promise<void> {
    await this.pause();
    const deadline = Date.now() + patient(20_000);
    for (;;) {
      const gone = (await this.company.vanished.stillSeen()).map(({ what }) => `${what} is still seen`);
      const wrong = [...gone, ...(await this.check.wrongInFeeds())];
      if (wrong.length === 0) break;
      if (Date.now() > deadline) {
        for (const what of wrong) this.journal.find('came back', /\d{6,}/.exec(what)?.[0] ?? '', what);
        break;
      }
      await sleep(200);
    }
    this.resume();
  }

  /** Settles when nobody acts any more. */
  async end(): Promise<void> {
    this.company.vanished.end();
    await this.pause();
  }
}
