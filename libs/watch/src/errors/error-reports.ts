import { hostname } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import {
  CONFIG,
  LOGGER,
  counter,
  isAway,
  version,
  type Config,
  type Heartbeat,
  type Logger,
} from '@app/platform';
import type { SentryClient } from './sentry-client.js';

/** Injects whether this process is an api or a worker. */
export const PROCESS_KIND = Symbol('PROCESS_KIND');

/** The context of an error; ids and names of our own, no client input. */
export interface ErrorPlace {
  requestId?: string;
  userId?: string | undefined;
  /** The declared route, never the path. */
  route?: string;
  method?: string;
  /** The queue, with the ids of its payload. */
  job?: string;
  payload?: object;
}

interface Crumb {
  timestamp: number;
  category: string;
  message: string;
  level: 'info' | 'warning';
}

/** The last events of this process, sent with an error. */
const CRUMBS = 30;
/** How often the same error is sent per minute; a broken release fails a thousand times a second. */
const SAME = 10;
const MINUTE = 60_000;
/** With more kinds of errors than this, all counts restart. */
const KINDS = 1_000;
/** How long a stopping process waits for its last report; in milliseconds. */
const LAST_WORDS = 2_000;

/** Failures of our dependencies: the stores' own alerts report them, and every request would repeat it. */
const isExpected = (error: unknown): boolean =>
  (error as { name?: string } | null)?.name === 'RedisAway' || isAway(error);

/**
 * Sends unexpected errors to Sentry. Off without SENTRY_DSN, and then its package is not even loaded. Reporting never throws or
 * blocks: reports that Sentry does not accept in time are dropped and counted.
 */
@Injectable()
export class ErrorReports {
  private client: SentryClient | null = null;
  private readonly crumbs: Crumb[] = [];
  private readonly sent = new Map<string, { since: number; count: number }>();

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    @Inject(PROCESS_KIND) private readonly program: Heartbeat['kind'],
  ) {}

  async start(): Promise<void> {
    const { SENTRY_DSN, SENTRY_ENVIRONMENT, SENTRY_SAMPLE_RATE } = this.config;
    if (SENTRY_DSN === undefined) return;
    const { openSentry } = await import('./sentry-client.js');
    this.client = openSentry({
      dsn: SENTRY_DSN,
      release: `narwhal@${version}`,
      environment: SENTRY_ENVIRONMENT,
      sampleRate: SENTRY_SAMPLE_RATE,
      serverName: hostname(),
      onDropped: (count) => counter('narwhal_errors_reported_total').inc({ outcome: 'dropped' }, count),
    });
  }

  /** Records an event, for an error that may follow; `message` contains only names of ours. */
  note(category: string, message: string, level: Crumb['level'] = 'info'): void {
    if (!this.client) return;
    this.crumbs.push({ timestamp: Date.now() / 1000, category, message, level });
    if (this.crumbs.length > CRUMBS) this.crumbs.shift();
  }

  /** Reports an unexpected error; refusals (4xx) and stores that are away do not count. */
  report(error: unknown, place: ErrorPlace = {}): void {
    if (isExpected(error)) return;
    const reported = this.client !== null && this.allowed(error);
    counter('narwhal_errors_reported_total').inc({
      outcome: reported ? 'reported' : this.client ? 'dropped' : 'off',
    });
    if (!reported) return;
    try {
      this.client?.send(error, { program: this.program, place, crumbs: this.crumbs });
    } catch (fault) {
      this.logger.warn({ error: fault }, 'an error could not be reported');
    }
  }

  /** Limits equal errors per minute: equal by name and the place that threw them, since messages differ. */
  private allowed(error: unknown): boolean {
    const now = performance.now();
    const { name = typeof error, stack = '' } = (error ?? {}) as { name?: string; stack?: string };
    const frame = /\n\s+at .*/.exec(stack)?.[0] ?? '';
    const key = `${name}${frame}`;
    const last = this.sent.get(key);
    const sent = last && now - last.since < MINUTE ? last : { since: now, count: 0 };
    sent.count += 1;
    if (this.sent.size >= KINDS) this.sent.clear();
    this.sent.set(key, sent);
    return sent.count <= SAME;
  }

  /** An uncaught error ends the process, after a report to the log and to Sentry; its supervisor restarts it. */
  catchTheUncaught(): void {
    const end = async (error: unknown) => {
      this.logger.fatal({ error }, 'an error was not caught; the process exits');
      this.report(error);
      await this.stop();
      process.exit(1);
    };
    process.once('uncaughtException', (error) => void end(error));
    process.once('unhandledRejection', (error) => void end(error));
  }

  async stop(): Promise<void> {
    await Promise.race([this.client?.flush(LAST_WORDS), sleep(LAST_WORDS, null, { ref: false })]);
  }
}
