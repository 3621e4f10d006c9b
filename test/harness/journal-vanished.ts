import { setTimeout as sleep } from 'node:timers/promises';
import type { Journal } from './journal.js';

/** An acknowledged deletion: a deleted post as strangers see it, a session by its token. */
export interface Gone {
  what: string;
  subject: string;
  path: string;
  token?: string;
}

/** Repeatedly requests deleted things, from each api in turn. */
export class Vanished {
  private readonly all: (Gone & { since: number })[] = [];
  private healthySince: number | null = 0;
  private over = false;
  private asked = 0;

  constructor(
    private readonly urls: readonly string[],
    private readonly journal: Journal,
    /** The time after a deletion, and after a fault, during which a thing may still be visible. */
    private readonly patience: number,
  ) {}

  add(gone: Gone): void {
    this.all.push({ ...gone, since: performance.now() });
  }

  /** While a fault lasts, deleted things may be visible; afterwards they may not. */
  set healthy(isHealthy: boolean) {
    this.healthySince = isHealthy ? performance.now() : null;
  }

  /** Whether an api still shows a deleted thing. */
  private async shows(gone: Gone, url: string): Promise<boolean> {
    const headers: Record<string, string> = gone.token ? { authorization: `Bearer ${gone.token}` } : {};
    try {
      const response = await fetch(url + gone.path, { headers, signal: AbortSignal.timeout(30_000) });
      await response.arrayBuffer();
      return response.status === 200;
    } catch {
      return false;
    }
  }

  /** Checks the newest of them and some old one, over and over. */
  async watch(): Promise<void> {
    while (!this.over) {
      const recent = this.all.slice(-40);
      for (const gone of [recent[this.asked % recent.length], this.all[(this.asked * 7) % this.all.length]])
        if (gone) await this.ask(gone);
      this.asked += 1;
      await sleep(30);
    }
  }

  private async ask(gone: Gone & { since: number }): Promise<void> {
    const begun = performance.now();
    const url = this.urls[this.asked % this.urls.length] ?? '';
    if (!(await this.shows(gone, url)) || this.healthySince === null) return;
    if (begun > Math.max(gone.since, this.healthySince) + this.patience)
      this.journal.find('came back', gone.subject, `${gone.what} is seen again`);
  }

  end(): void {
    this.over = true;
  }

  /** Everything that any api still shows. */
  async stillSeen(): Promise<Gone[]> {
    const found = await Promise.all(
      this.urls.map(async (url) => {
        const seen: Gone[] = [];
        for (const gone of this.all) if (await this.shows(gone, url)) seen.push(gone);
        return seen;
      }),
    );
    return [...new Set(found.flat())];
  }
}
