import { setTimeout as sleep } from 'node:timers/promises';
import type { Fault } from './faults/fault.js';
import type { PagedEvent, PagerDuty } from './pagerduty.js';
import type { WatchFixtures } from './fixtures.js';
import { patient } from '../harness/pace.js';

const PATIENCE = patient(75_000);

/** One line of the table. */
interface Told {
  what: string;
  alert: string;
  /** Seconds from the fault to the incident, and from its mending to the end. */
  opened: number;
  ended: number;
}

/** Waits for the events that PagerDuty receives. */
export class Incidents {
  private readonly told: Told[] = [];

  constructor(private readonly pagerDuty: PagerDuty) {}

  /** @throws Error with the events received instead */
  async event(alert: string, action: PagedEvent['action'], since: number, key?: string): Promise<PagedEvent> {
    for (const deadline = Date.now() + PATIENCE; ; await sleep(50)) {
      const found = this.pagerDuty.find(alert, action, since, key);
      if (found) return found;
      if (Date.now() > deadline)
        throw new Error(`expected ${action} of ${alert} but received ${this.lately()}`);
    }
  }

  private lately(): string {
    const now = Date.now();
    const lines = this.pagerDuty.events
      .slice(-40)
      .map((event) => `${event.action} ${event.class} ${((event.at - now) / 1000).toFixed(1)} s`);
    return `${lines.join(', ')}; open: ${this.open().join(', ')}`;
  }

  /** Alerts with an open incident. */
  open(): string[] {
    const last = new Map(this.pagerDuty.events.map((event) => [event.key, event.action]));
    const names = new Map(
      this.pagerDuty.events.flatMap((event) => (event.class ? [[event.key, event.class]] : [])),
    );
    return [...last].filter(([, action]) => action === 'trigger').map(([key]) => names.get(key) ?? key);
  }

  /** Waits until none of these has an incident: an open one would trigger no other. */
  async calm(alerts: readonly string[]): Promise<void> {
    for (const deadline = Date.now() + PATIENCE; ; await sleep(50)) {
      const amiss = this.open().filter((alert) => alerts.includes(alert));
      if (amiss.length === 0) return;
      if (Date.now() > deadline)
        throw new Error(`expected ${amiss.join(', ')} to end but received ${this.lately()}`);
    }
  }

  note(what: string, opened: PagedEvent, begun: number, end: { mended: number; ended: PagedEvent }): void {
    const seconds = (from: number, { at }: PagedEvent) => (at - from) / 1000;
    this.told.push({
      what,
      alert: opened.class ?? '',
      opened: seconds(begun, opened),
      ended: seconds(end.mended, end.ended),
    });
  }

  /** Causes a fault, waits for each of its incidents, mends it, and waits for their ends. */
  async suffer(fixtures: WatchFixtures, { what, alerts, cause, mend }: Fault): Promise<PagedEvent[]> {
    await this.calm(alerts);
    const begun = Date.now();
    await cause(fixtures);
    const opened = await Promise.all(alerts.map((alert) => this.event(alert, 'trigger', begun)));
    const mended = Date.now();
    await mend(fixtures);
    for (const event of opened) {
      const ended = await this.event(event.class ?? '', 'resolve', mended, event.key);
      this.note(what, event, begun, { mended, ended });
    }
    return opened;
  }

  /** The alerts that were caused and ended. */
  caused(): string[] {
    return [...new Set(this.told.map(({ alert }) => alert))].sort();
  }

  /** A line for each, grouped by fault. */
  table(): string {
    const seconds = (value: number) => `${value.toFixed(1)} s`;
    const lines = this.told.toSorted((a, b) => this.placeOf(a.what) - this.placeOf(b.what));
    return lines
      .map(({ what, alert, opened, ended }, at) => {
        const fault = what === lines[at - 1]?.what ? '' : what;
        return `  ${fault.padEnd(30)}${alert.padEnd(20)}${seconds(opened).padStart(8)}${seconds(ended).padStart(9)}`;
      })
      .join('\n');
  }

  private placeOf(what: string): number {
    return this.told.findIndex((one) => one.what === what);
  }
}
