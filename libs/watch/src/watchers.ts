import { hostname } from 'node:os';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, runbookOf, type Config } from '@app/platform';
import { Pager } from './pager.js';

/** Failures in a row before a person is paged, and successes before the incident ends: one that flaps is one incident. */
const FAILURES = 3;
const SUCCESSES = 3;
const PATIENCE = 3_000;

interface Standing {
  failures: number;
  successes: number;
}

/**
 * Monitors our monitoring: when Prometheus or Alertmanager is away nobody would learn of anything else, so the process notifies
 * PagerDuty itself. All processes of a machine use one key, and so make one incident.
 */
@Injectable()
export class Watchers {
  private readonly standings = new Map<string, Standing>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly pager: Pager,
  ) {}

  start(): void {
    if (this.config.WATCHED_BY.length === 0) return;
    this.timer = setInterval(() => void this.look(), this.config.WATCHED_EVERY);
    this.timer.unref();
  }

  stop(): void {
    clearInterval(this.timer);
  }

  async look(): Promise<void> {
    await Promise.all(this.config.WATCHED_BY.map(async (url) => this.note(url, await answers(url))));
  }

  private note(url: string, well: boolean): void {
    const standing = this.standings.get(url) ?? { failures: 0, successes: 0 };
    this.standings.set(
      url,
      well
        ? { failures: 0, successes: standing.successes + 1 }
        : { failures: standing.failures + 1, successes: 0 },
    );
    const { failures, successes } = this.standings.get(url) ?? standing;
    if (failures === FAILURES) this.pager.tell(this.incident(url, 'trigger'));
    if (successes === SUCCESSES) this.pager.tell(this.incident(url, 'resolve'));
  }

  private incident(url: string, action: 'trigger' | 'resolve') {
    const { host } = new URL(url);
    return {
      key: `narwhal/watcher/${hostname()}/${host}`,
      action,
      summary:
        action === 'trigger'
          ? `${host} does not answer: Narwhal on ${hostname()} is not monitored`
          : `${host} answers again`,
      source: hostname(),
      severity: 'critical' as const,
      component: 'watching',
      class: 'WatcherIsAway',
      runbook: runbookOf('WatcherIsAway'),
    };
  }
}

async function answers(url: string): Promise<boolean> {
  try {
    const response = await fetch(url, { signal: AbortSignal.timeout(PATIENCE) });
    await response.body?.cancel();
    return response.ok;
  } catch {
    return false;
  }
}
