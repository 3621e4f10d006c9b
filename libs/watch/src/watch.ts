import { Injectable } from '@nestjs/common';
import type { HealthReport, Heartbeat, SyntheticStep } from '@app/platform';
import { Backlog } from './backlog.js';
import { Database } from '@app/storage';
import { Dependencies } from './dependencies.js';
import { Facts } from './facts.js';
import { SILENT } from './neighbours.js';
import { Pingdom } from './pingdom.js';
import { readiness } from './readiness.js';
import { makeReport, type OperatorsReport } from './report.js';

/** This process's view of itself, its stores and the other processes. */
@Injectable()
export class Watch {
  private draining = false;

  constructor(
    private readonly dependencies: Dependencies,
    private readonly facts: Facts,
    private readonly pingdomCheck: Pingdom,
    private readonly backlog: Backlog,
    private readonly database: Database,
  ) {}

  start(): void {
    this.dependencies.start();
    this.facts.start();
  }

  async stop(): Promise<void> {
    this.facts.stop();
    await this.dependencies.stop();
  }

  /** From now on no balancer should send requests. */
  drain(): void {
    this.draining = true;
  }

  get isDraining(): boolean {
    return this.draining;
  }

  async ready(): Promise<HealthReport> {
    if (this.draining) return { ok: false, status: 'draining' };
    return readiness(this.dependencies);
  }

  report(): Promise<OperatorsReport> {
    return makeReport({
      dependencies: this.dependencies,
      facts: this.facts,
      backlog: this.backlog,
      database: this.database,
      draining: () => this.draining,
    });
  }

  /** Every process that beats, including this one. */
  get living(): Heartbeat[] {
    return this.dependencies.processes
      .filter(({ age }) => age * 1000 <= SILENT)
      .map(({ heartbeat }) => heartbeat);
  }

  /** Records the result of this process's synthetic check; null: all was well. */
  noteSyntheticCheck(failed: { step: SyntheticStep; why: string } | null): void {
    const { heartbeat } = this.dependencies;
    const at = new Date().toISOString();
    const [step, why] = [failed?.step ?? null, failed?.why ?? null];
    const since = heartbeat.visit?.failed === step ? heartbeat.visit.since : at;
    heartbeat.visit = { at, since, failed: step, why };
  }

  /** Records that the children of this worker open photos without a wall. */
  noteNoWall(loss: string): void {
    this.dependencies.heartbeat.wall = loss;
  }

  pingdom(): Promise<string> {
    return this.pingdomCheck.xml();
  }
}
