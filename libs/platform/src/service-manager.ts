import { execFile } from 'node:child_process';
import { readServiceManager } from './config.js';
import type { HealthReport } from './operations-server.js';

/** How often readiness is checked until the process is ready, in milliseconds. */
const LOOK = 250;

/**
 * Reports this process's state to systemd (sd_notify): that it serves, that its event loop runs, that it stops. Does nothing
 * elsewhere. Node has no Unix datagram sockets, and a native module for one line of text would need a build for every platform:
 * systemd's own program sends it, which requires NotifyAccess=all in the unit.
 */
export class ServiceManager {
  readonly #watchdog: NodeJS.Timeout | undefined;
  readonly #watched: boolean;

  constructor(manager = readServiceManager()) {
    this.#watched = manager !== null;
    // A blocked event loop sends nothing, and systemd restarts the process. Three signs in the time allowed.
    if (manager?.watchdog)
      this.#watchdog = setInterval(() => this.#tell('WATCHDOG=1'), manager.watchdog / 3).unref();
  }

  /** Reports that the process serves, as soon as it is ready; until then `systemctl status` shows what it waits for. */
  async whenReady(ready: () => Promise<HealthReport>): Promise<void> {
    if (!this.#watched) return;
    for (let said = ''; ;) {
      // A readiness check that throws counts as not ready.
      const report = await ready().catch((): HealthReport => ({ ok: false, status: 'not ready' }));
      if (report.ok) break;
      const status = `not ready: ${String(report.status ?? 'unknown')}; narwhal doctor says more`;
      if (status !== said) this.#tell(`STATUS=${status}`);
      said = status;
      await new Promise((resolve) => setTimeout(resolve, LOOK));
    }
    this.#tell('READY=1', 'STATUS=serves');
  }

  stopping(): void {
    this.#tell('STOPPING=1', 'STATUS=finishing running work');
  }

  #tell(...words: string[]): void {
    if (!this.#watched) return;
    // If systemd cannot be notified, nothing is lost here; it treats the process as one that hangs.
    execFile('systemd-notify', words, { timeout: 5_000 }, () => undefined);
  }

  close(): void {
    clearInterval(this.#watchdog);
  }
}
