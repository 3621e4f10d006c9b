import { execFile } from 'node:child_process';
import { readServiceManager } from './config.js';
import type { HealthReport } from './operations-server.js';

/** How often readiness is looked at until it is there, in milliseconds. */
const LOOK = 250;

/**
 * Tells systemd how this process fares (sd_notify): that it serves, that its loop turns, that it stops. Elsewhere nobody
 * is told anything. Node has no datagram sockets of the file system, and a native module for one line of text would be a
 * build for every platform: systemd's own program sends it, and needs NotifyAccess=all in the unit for that.
 */
export class ServiceManager {
  readonly #watchdog: NodeJS.Timeout | undefined;
  readonly #watched: boolean;

  constructor(manager = readServiceManager()) {
    this.#watched = manager !== null;
    // A loop that does not turn sends nothing, and is killed and started again. Three in the time that it is given.
    if (manager?.watchdog)
      this.#watchdog = setInterval(() => this.#tell('WATCHDOG=1'), manager.watchdog / 3).unref();
  }

  /** Says that it serves, as soon as it is ready; until then `systemctl status` shows what it waits for. */
  async whenReady(ready: () => Promise<HealthReport>): Promise<void> {
    if (!this.#watched) return;
    for (let said = ''; ;) {
      // A report that fails is not ready, and says so.
      const report = await ready().catch((): HealthReport => ({ ok: false, status: 'not ready' }));
      if (report.ok) break;
      const status = `waits: ${String(report.status ?? 'not ready')}; narwhal doctor says more`;
      if (status !== said) this.#tell(`STATUS=${status}`);
      said = status;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    this.#tell('READY=1', 'STATUS=serves');
  }

  stopping(): void {
    this.#tell('STOPPING=1', 'STATUS=finishes what is under way');
  }

  #tell(...words: string[]): void {
    if (!this.#watched) return;
    // What cannot be told is not the reader's loss but systemd's, which then acts as for a process that hangs.
    execFile('systemd-notify', words, { timeout: 5_000 }, () => undefined);
  }

  close(): void {
    clearInterval(this.#watchdog);
  }
}
