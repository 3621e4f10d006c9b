import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { gauge, limits, LOGGER, type Id, type LiveMessage, type Logger } from '@app/platform';
import { LiveBus, OpenStreams, type LiveListener } from '@app/feed';
import { SessionRows } from '@app/storage';
import { Connected } from './connected.js';
import type { LiveStream } from './live-stream.js';
import { StreamNews } from './stream-news.js';

const SECOND = 1_000;
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
    private readonly open: OpenStreams,
    private readonly sessions: SessionRows,
    private readonly news: StreamNews,
  ) {}

  onApplicationBootstrap(): void {
    this.bus.start(this);
  }

  /** Resolves once the stream is subscribed. */
  async add(stream: LiveStream): Promise<void> {
    this.connected.add(stream);
    this.timer ??= setInterval(() => this.tick(), SECOND);
    gauge('narwhal_streams').set(this.connected.size);
    for (const old of this.connected.ofPerson(stream.person).slice(0, -limits.stream.perPerson))
      old.end(LATER);
    void this.open.opened(stream.person, stream.name);
    await this.bus.join(stream.person);
  }

  remove(stream: LiveStream): void {
    this.connected.remove(stream);
    this.toReset.delete(stream);
    this.bus.leave(stream.person);
    void this.open.closed(stream.person, stream.name);
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

  private async notify(reader: Id, group: string): Promise<void> {
    const news = await this.news.notification(reader, group);
    if (!news) return;
    const id = news.row.count > 0 ? news.row.id : null;
    for (const stream of this.connected.ofPerson(reader)) stream.send('notification', news.json, id);
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
    const readers = await this.news.readersOf(posts, this.connected.people());
    for (const reader of readers)
      for (const stream of this.connected.ofPerson(reader)) stream.send('feed', '{}');
  }

  private quietly(work: Promise<void>): void {
    work.catch((error: unknown) => this.logger.warn({ error }, 'streams were not told; they can read'));
  }
}
