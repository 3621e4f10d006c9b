import { Inject, Injectable } from '@nestjs/common';
import {
  CONFIG,
  counter,
  deliver,
  LOGGER,
  type Config,
  type Incident,
  type Logger,
  type PagerDutySettings,
} from '@app/platform';

interface Waiting {
  incident: Incident;
  at: Date;
}

/** Pause between retries while PagerDuty is away, in milliseconds. */
const FIRST_PAUSE = 1_000;
const LONGEST_PAUSE = 60_000;

/**
 * Incidents that this process opens and resolves itself. While PagerDuty is away the newest event of each incident is kept and
 * sent later; an incident that was never sent is not resolved either.
 */
@Injectable()
export class Pager {
  private readonly waiting = new Map<string, Waiting>();
  private readonly open = new Set<string>();
  private pause = FIRST_PAUSE;
  private sending: Promise<void> | null = null;
  private timer: NodeJS.Timeout | undefined;

  private readonly settings: PagerDutySettings | null;

  constructor(
    @Inject(CONFIG)
    { PAGERDUTY_ROUTING_KEY: routingKey, PAGERDUTY_URL: url, RUNBOOKS_URL: runbooks = '' }: Config,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    this.settings = routingKey === undefined ? null : { routingKey, url, runbooks };
  }

  /** Never waits and never throws. A trigger of an open incident is not sent again. */
  tell(incident: Incident): void {
    const { key, action } = incident;
    if (action === 'trigger' ? this.open.has(key) : !this.open.has(key)) return;
    if (action === 'trigger') this.open.add(key);
    else this.open.delete(key);
    this.logger.warn({ incident: key, action }, incident.summary);
    if (!this.settings) return;
    const unsent = this.waiting.get(key)?.incident.action;
    // PagerDuty never received the trigger, so it needs no resolve.
    if (action === 'resolve' && unsent === 'trigger' && !this.sending) this.waiting.delete(key);
    else this.waiting.set(key, { incident, at: new Date() });
    this.send();
  }

  private send(): void {
    this.sending ??= this.sendAll().finally(() => (this.sending = null));
  }

  private async sendAll(): Promise<void> {
    const { settings } = this;
    if (!settings) return;
    for (const [key, waiting] of this.waiting) {
      const outcome = await deliver(waiting.incident, settings, waiting.at);
      counter('narwhal_incidents_total').inc({ outcome });
      if (outcome === 'kept') return this.later();
      if (outcome === 'refused')
        this.logger.error({ incident: key }, 'PagerDuty refuses our events; check PAGERDUTY_ROUTING_KEY');
      if (this.waiting.get(key) === waiting) this.waiting.delete(key);
      this.pause = FIRST_PAUSE;
    }
  }

  private later(): void {
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.send(), this.pause).unref();
    this.pause = Math.min(2 * this.pause, LONGEST_PAUSE);
  }

  stop(): void {
    clearTimeout(this.timer);
  }
}
