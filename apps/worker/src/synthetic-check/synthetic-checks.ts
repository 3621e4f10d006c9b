import { Inject, Injectable } from '@nestjs/common';
import {
  CONFIG,
  gauge,
  histogram,
  LOGGER,
  syntheticSteps,
  type Config,
  type Logger,
  type SyntheticStep,
} from '@app/platform';
import { UserRows } from '@app/storage';
import { Watch } from '@app/watch';
import { NotServed } from './public-client.js';
import { SyntheticCheck, type Through } from './synthetic-check.js';

/** Delays the first check, so that it does not run against an api that is starting together with the worker; in milliseconds. */
const FIRST = 3_000;

/**
 * Runs a synthetic check at intervals, against the public address. Off without VISIT_LOGIN. Its account must be marked by
 * `npm run admin -- synthetic <username>`: its activity counts in no product metric, and nobody else meets it.
 */
@Injectable()
export class SyntheticChecks {
  private timer: NodeJS.Timeout | undefined;
  private running: Promise<void> = Promise.resolve();
  private stopped = false;
  private isKnown = false;

  constructor(
    @Inject(CONFIG) private readonly config: Config,
    @Inject(LOGGER) private readonly logger: Logger,
    private readonly users: UserRows,
    private readonly watch: Watch,
  ) {}

  start(after = Math.min(FIRST, this.config.VISIT_EVERY * 1_000)): void {
    if (this.config.VISIT_LOGIN === undefined) return;
    this.timer = setTimeout(() => {
      this.running = this.check().finally(() => {
        if (!this.stopped) this.start(this.config.VISIT_EVERY * 1_000);
      });
    }, after);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    clearTimeout(this.timer);
    await this.running;
  }

  private async check(): Promise<void> {
    const { VISIT_LOGIN: login = '', VISIT_PASSWORD: password = '', publicUrl } = this.config;
    let at: SyntheticStep = 'account';
    const gone = new Set<SyntheticStep>();
    const through: Through = async (step, work) => {
      at = step;
      const begun = performance.now();
      await work();
      histogram('narwhal_visit_seconds').observe({ step }, (performance.now() - begun) / 1000);
      gone.add(step);
    };
    try {
      await through('account', () => this.know(login));
      await new SyntheticCheck(publicUrl, { login, password }).run(through);
      this.tell(gone, null);
    } catch (error) {
      this.tell(gone, {
        step: at,
        why: error instanceof NotServed ? error.message : 'it failed unexpectedly',
      });
      this.logger.warn({ step: at, error }, 'the synthetic check failed');
    }
  }

  /** Checks once: an unmarked account would be counted as a person. @throws NotServed */
  private async know(login: string): Promise<void> {
    if (this.isKnown) return;
    if (!(await this.users.isSynthetic(login)))
      throw new NotServed(`the account does not exist or is not marked: npm run admin -- synthetic ${login}`);
    this.isKnown = true;
  }

  /** Operations that were not reached have no value. */
  private tell(gone: ReadonlySet<SyntheticStep>, failed: { step: SyntheticStep; why: string } | null): void {
    const ok = gauge('narwhal_visit_ok');
    ok.reset();
    for (const step of syntheticSteps) {
      if (gone.has(step)) ok.set({ step }, 1);
      else if (step === failed?.step) ok.set({ step }, 0);
    }
    this.watch.noteSyntheticCheck(failed);
  }
}
