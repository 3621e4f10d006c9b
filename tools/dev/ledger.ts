import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { commandLineOf, endLeftGroup, endProcess, identityOf, isAlive } from './processes.ts';
import type { ProcessMark, StopStep } from './processes.ts';
import { say, warn } from './say.ts';

/** A process of a launcher. */
export interface Child extends ProcessMark {
  name: string;
}

/** The launcher of a data folder and its processes, so that those of a killed one are found; the rest differs by launcher. */
type Content<Facts> = Facts & { launcher: ProcessMark; children: Child[] };

interface Rules<Facts> {
  refusal(other: Content<Facts>): Error;
  endLeft(children: Child[]): Promise<void>;
}

/** The delay before a failed write is retried, in milliseconds. */
const UNTIL_ROOM = 5_000;

/**
 * A file of a data folder, held by one launcher at a time, and replaced atomically. Keeping a change never throws: a full disk
 * must not undo what is recorded, such as a running process. The newest text is retried until there is room.
 */
export class Ledger<Facts extends object> {
  private readonly file: string;
  private readonly rules: Rules<Facts>;
  private content: Content<Facts>;
  private isUnwritten = false;
  private retry: NodeJS.Timeout | undefined;

  constructor(file: string, facts: Facts, rules: Rules<Facts>) {
    this.file = file;
    this.rules = rules;
    const launcher = { pid: process.pid, identity: identityOf(process.pid) ?? '' };
    this.content = { launcher, ...facts, children: [] };
  }

  /**
   * Takes the data folder for this launcher, after ending the processes that a killed one left.
   *
   * @throws Refusal when another launcher runs on it
   */
  async take(): Promise<void> {
    const last = readLedger<Facts>(this.file);
    if (last && isAlive(last.launcher)) throw this.rules.refusal(last);
    if (last) await this.rules.endLeft(last.children);
    rmSync(this.file, { force: true });
    const draft = this.draft();
    try {
      // A link fails when the name exists, so of two launchers that start at the same moment one fails.
      linkSync(draft, this.file);
    } catch (error) {
      const other = readLedger<Facts>(this.file);
      throw other ? this.rules.refusal(other) : error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** Records the current children; on a full disk as soon as there is room. */
  keep(children: Iterable<Child>): void {
    const marks = [...children].map(({ name, pid, identity }) => ({ name, pid, identity }));
    this.content = { ...this.content, children: marks };
    this.write();
  }

  private write(): void {
    clearTimeout(this.retry);
    try {
      renameSync(this.draft(), this.file);
      this.isUnwritten = false;
    } catch (error) {
      if (!this.isUnwritten)
        warn(`${this.file} cannot be written (${(error as NodeJS.ErrnoException).code}); trying again ...`);
      this.isUnwritten = true;
      this.retry = setTimeout(() => this.write(), UNTIL_ROOM).unref();
    }
  }

  private draft(): string {
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, `${JSON.stringify(this.content, null, 2)}\n`, { mode: 0o600 });
    return draft;
  }

  release(): void {
    clearTimeout(this.retry);
    rmSync(this.file, { force: true });
  }
}

export function readLedger<Facts extends object = object>(file: string): Content<Facts> | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content<Facts>;
  } catch {
    return undefined;
  }
}

/** Ends a process that a killed launcher left; it must also run `program`, since the file may contain anything. */
export async function endLeft(child: Child, steps: StopStep[], program = ''): Promise<void> {
  if (isAlive(child) && commandLineOf(child.pid).includes(program)) {
    say(`Ending ${child.name} (process ${child.pid}), left by a launcher that was killed ...`);
    await endProcess(child, steps);
  } else endLeftGroup(child);
}
