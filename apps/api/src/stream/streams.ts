import type { Socket } from 'node:net';
import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { gauge, isId, limits, LOGGER, type Id, type LiveMessage, type Logger } from '@app/platform';
import { LiveBus, type LiveListener } from '@app/feed';
import { FollowRows, NotificationRows, SessionRows } from '@app/storage';
import type { Caller } from '../http/call.js';
import { NotificationView } from '../notifications/notification-view.js';
import { Connected } from './connected.js';
import { LiveStream } from './live-stream.js';

const SECOND = 1_000;
/** How long clients wait before they reconnect after a broken connection, in milliseconds. */
const RETRY = 3_000;
/** Up to this many clients get a reset at once; more are spread over a heartbeat, or all would read at the same time. */
const RESET_AT_ONCE = 200;
/** Disconnected clients reconnect between one and five seconds later, not all at once. */
const comeBack = () => 1_000 + Math.floor(Math.random() * 4_000);
/** A stream that a newer one replaced reconnects late, or the devices would keep ending each other's streams. */
const LATER = 60_000;

/** All streams of this process: forwards messages from other processes to the people concerned. One timer serves them all. */
@Injectable()
export class Streams implements OnApplicationBootstrap, LiveListener {
  private readonly connected = new Connected();
  private readonly toReset = new Set<LiveStream>();
  private readonly delivered = new Set<Id>();
  private timer: NodeJS.Timeout | undefined;
  private seconds = 0;
  isEnding = false;

  constructor(
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly bus: LiveBus,
    private readonly sessions: SessionRows,
    private readonly notifications: NotificationRows,
    private readonly view: NotificationView,
    private readonly follows: FollowRows,
  ) {}

  onApplicationBootstrap(): void {
    this.bus.start(this);
  }

  /** Opens a stream: sends the missed events since `last` (the client's Last-Event-ID), and then new ones. */
  async open(socket: Socket, caller: Caller, last: string | string[] | undefined): Promise<void> {
    const stream = new LiveStream(socket, caller.userId, caller.sessionId);
    socket.once('close', () => this.remove(stream));
    socket.write(`retry: ${RETRY}\n\n`);
    this.connected.add(stream);
    this.timer ??= setInterval(() => this.tick(), SECOND);
    gauge('narwhal_streams').set(this.connected.size);
    for (const old of this.connected.ofPerson(stream.person).slice(0, -limits.stream.perPerson))
      old.end(LATER);
    await this.bus.join(stream.person, stream.name);
    await this.catchUp(stream, last).catch(() => stream.catchUp('reset', '{}'));
    stream.release();
  }

  /** Reads the position after the stream is subscribed, so that no later event is lost. */
  private async catchUp(stream: LiveStream, last: string | string[] | undefined): Promise<void> {
    const { person } = stream;
    const newest = await this.notifications.newestId(person);
    if (last === undefined || last === '') return stream.place(newest);
    const most = limits.stream.resume;
    const missed = isPosition(last)
      ? await this.notifications.page(person, { limit: most + 1, before: null, after: last })
      : null;
    if (missed === null || missed.length > most) {
      stream.place(newest);
      stream.catchUp('reset', '{}');
      return;
    }
    const shown = await this.view.show(missed.toReversed(), person);
    for (const { row, json } of shown) stream.catchUp('notification', json, row.id);
    // Missed posts and settled photos are not stored; reading the feed again is cheap.
    stream.catchUp('feed', '{}');
  }

  private remove(stream: LiveStream): void {
    this.connected.remove(stream);
    this.toReset.delete(stream);
    this.bus.leave(stream.person, stream.name);
    gauge('narwhal_streams').set(this.connected.size);
    if (this.connected.size > 0) return;
    clearInterval(this.timer);
    this.timer = undefined;
  }

  /** Before the process ends: disconnects all clients, which reconnect to another process at different times. */
  end(): void {
    this.isEnding = true;
    for (const stream of this.connected.all()) stream.end(comeBack());
  }

  heard(message: LiveMessage): void {
    switch (message.kind) {
      case 'photo':
      case 'post': {
        const { kind, to, id, state } = message;
        for (const stream of this.connected.ofPerson(to)) stream.send(kind, JSON.stringify({ id, state }));
        return;
      }
      case 'notification':
        if (this.connected.ofPerson(message.to).length > 0)
          this.quietly(this.notify(message.to, message.group));
        return;
      case 'delivered':
        this.delivered.add(message.post);
        return;
      case 'ended':
        for (const stream of this.connected.ofSession(message.session)) stream.end();
        return;
      case 'surplus':
        for (const stream of this.connected.ofPerson(message.to))
          if (message.streams.includes(stream.name)) stream.end(LATER);
    }
  }

  missed(): void {
    const all = this.connected.all();
    if (all.length > RESET_AT_ONCE) for (const stream of all) this.toReset.add(stream);
    else for (const stream of all) stream.send('reset', '{}');
  }

  /** Sends a group in its current state, with a count of 0 when it is gone. */
  private async notify(reader: Id, group: string): Promise<void> {
    const row = await this.notifications.ofGroup(reader, group);
    if (!row) return;
    const [shown] = row.count > 0 ? await this.view.show([row], reader) : [];
    const { json, row: sent } = shown ?? this.view.gone(row);
    for (const stream of this.connected.ofPerson(reader))
      stream.send('notification', json, sent.count > 0 ? sent.id : null);
  }

  private tick(): void {
    const turn = this.connected.next();
    for (const stream of turn) {
      if (this.toReset.delete(stream)) stream.send('reset', '{}');
      else stream.beat();
    }
    if (turn.length > 0) this.quietly(this.endOfSessions(turn));
    if (this.delivered.size > 0) this.quietly(this.tellReaders());
    this.seconds += 1;
    if (this.seconds % limits.stream.heartbeat === 0) this.bus.check();
  }

  /** A published sign-out may get lost, so this checks. A stream may outlive its access token, but not its session. */
  private async endOfSessions(streams: readonly LiveStream[]): Promise<void> {
    const living = await this.sessions.livingAmong([...new Set(streams.map(({ session }) => session))]);
    for (const stream of streams) if (!living.has(stream.session)) stream.end();
  }

  /** Runs once a second for all posts of that second, so that nobody gets feed events more often. */
  private async tellReaders(): Promise<void> {
    const posts = [...this.delivered];
    this.delivered.clear();
    const readers = await this.follows.connected(posts, this.connected.people());
    for (const reader of readers)
      for (const stream of this.connected.ofPerson(reader)) stream.send('feed', '{}');
  }

  private quietly(work: Promise<void>): void {
    work.catch((error: unknown) => this.logger.warn({ error }, 'streams were not told; they can read'));
  }
}

const isPosition = (last: string | string[]): last is Id =>
  typeof last === 'string' && (last === '0' || isId(last));
