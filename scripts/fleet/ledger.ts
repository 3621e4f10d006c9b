import { linkSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { endLeftGroup, endProcess, identityOf, isAlive, type ProcessMark } from '../processes.ts';
import { Refusal, say } from '../say.ts';

/** What <folder>/fleet.json holds: who runs the fleet, how to talk to it, and its processes, so that a killed launcher's are found. */
interface Content {
  launcher: ProcessMark;
  control: { port: number; secret: string };
  processes: (ProcessMark & { name: string })[];
}

/** The ledger of a fleet's folder, held by one launcher at a time. */
export class Ledger {
  private readonly file: string;
  private content: Content;

  constructor(folder: string, control: Content['control']) {
    this.file = join(folder, 'fleet.json');
    this.content = {
      launcher: { pid: process.pid, identity: identityOf(process.pid) ?? '' },
      control,
      processes: [],
    };
  }

  /** @throws Refusal when another launcher holds it */
  async take(): Promise<void> {
    const last = readLedger(this.file);
    if (last && isAlive(last.launcher)) refuse(last);
    for (const left of last?.processes ?? []) {
      if (isAlive(left)) {
        say(`Ending ${left.name} (process ${left.pid}), left by a launcher that was killed ...`);
        await endProcess(left, [{ signal: 'SIGTERM', patience: 3_000 }]);
      } else endLeftGroup(left);
    }
    rmSync(this.file, { force: true });
    const draft = this.draft();
    try {
      linkSync(draft, this.file);
    } catch (error) {
      const other = readLedger(this.file);
      if (other) refuse(other);
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  private draft(): string {
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, JSON.stringify(this.content), { mode: 0o600 });
    return draft;
  }

  note(processes: Content['processes']): void {
    this.content = { ...this.content, processes };
    renameSync(this.draft(), this.file);
  }

  release(): void {
    rmSync(this.file, { force: true });
  }
}

function refuse({ launcher }: Content): never {
  throw new Refusal(
    `A fleet already runs on this data folder (process ${launcher.pid}); it goes on.\n` +
      '  npm run fleet -- status   shows it\n  npm run fleet -- stop     stops it\n' +
      'To run a second one beside it: NARWHAL_DATA=.narwhal-2 npm run fleet -- --net 78',
  );
}

export function readLedger(file: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content;
  } catch {
    return undefined;
  }
}
