import cliProgress from 'cli-progress';
import type { Reporter } from './migration.js';

const mega = (bytes: number): string => (bytes / 1e6).toFixed(1);

/** Seconds between lines without a terminal. */
const EVERY = 10;

/** A bar on a terminal; elsewhere a line at the start, now and then, and at the end of each phase. */
export class ProgressBars implements Reporter {
  private bar: cliProgress.SingleBar | null = null;
  private name = '';
  private total = 0;
  private count = 0;
  private bytes = 0;
  private told = 0;

  constructor(private readonly unit: string) {}

  /** A total of 0 means unknown. */
  phase(name: string, total: number): void {
    [this.name, this.total, this.count, this.bytes, this.told] = [name, total, 0, 0, Date.now()];
    if (!process.stderr.isTTY) {
      this.say(`${name}: ${total === 0 ? 'all' : total} ${this.unit}`);
      return;
    }
    const format = `${name} [{bar}] {value}/{total} ${this.unit}, {mega} MB, {duration_formatted}, {eta_formatted} left`;
    this.bar = new cliProgress.SingleBar({ format, etaBuffer: 200, hideCursor: true });
    this.bar.start(total, 0, { mega: '0.0' });
  }

  done(bytes: number): void {
    this.count += 1;
    this.bytes += bytes;
    if (this.bar && this.count > this.bar.getTotal()) this.bar.setTotal(this.count);
    this.bar?.update(this.count, { mega: mega(this.bytes) });
    if (this.bar || Date.now() - this.told < EVERY * 1000) return;
    this.told = Date.now();
    this.say(`${this.name}: ${this.count} of ${this.total} ${this.unit}, ${mega(this.bytes)} MB`);
  }

  end(): void {
    this.bar?.stop();
    if (!this.bar) this.say(`${this.name}: done, ${this.count} ${this.unit}, ${mega(this.bytes)} MB`);
    this.bar = null;
  }

  say(text: string): void {
    process.stderr.write(`${text}\n`);
  }
}
