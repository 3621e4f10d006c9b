import { linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Note } from '../dev/note.ts';
import { endLeftGroup, endProcess, identityOf, isAlive, type ProcessMark } from '../dev/processes.ts';
import { Refusal, say } from '../dev/say.ts';

/** The contents of <folder>/fleet.json: the launcher, its control address, and its processes, so that a killed launcher's are found. */
interface Content {
  launcher: ProcessMark;
  control: { port: number; secret: string };
  processes: (ProcessMark & { name: string })[];
}

/** The ledger of a fleet's folder, held by one launcher at a time. */
export class Ledger {
  private readonly kept: Note;
  private content: Content;

  constructor(folder: string, control: Content['control']) {
    this.kept = new Note(join(folder, 'fleet.json'));
    this.content = {
      launcher: { pid: process.pid, identity: identityOf(process.pid) ?? '' },
      control,
      processes: [],
    };
  }

  /** @throws Refusal when another launcher holds it */
  async take(): Promise<void> {
    const { file } = this.kept;
    const last = readLedger(file);
    if (last && isAlive(last.launcher)) refuse(last);
    for (const left of last?.processes ?? []) {
      if (isAlive(left)) {
        say(`Ending ${left.name} (process ${left.pid}), left by a launcher that was killed ...`);
        await endProcess(left, [{ signal: 'SIGTERM', patience: 3_000 }]);
      } else endLeftGroup(left);
    }
    rmSync(file, { force: true });
    const draft = this.kept.draft(JSON.stringify(this.content));
    try {
      linkSync(draft, file);
    } catch (error) {
      const other = readLedger(file);
      if (other) refuse(other);
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  /** Records the current processes; on a full disk as soon as there is room. */
  note(processes: Content['processes']): void {
    this.content = { ...this.content, processes };
    this.kept.write(JSON.stringify(this.content));
  }

  release(): void {
    this.kept.close();
    rmSync(this.kept.file, { force: true });
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
