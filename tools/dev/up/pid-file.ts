import { linkSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Note } from '../note.ts';
import {
  commandLineOf,
  endLeftGroup,
  endProcess,
  identityOf,
  isAlive,
  type ProcessMark,
} from '../processes.ts';
import { Refusal, say } from '../say.ts';
import { stopOrder, stopSteps, type ServiceName } from './services.ts';

/** The contents of <data>/up.json: the owner of this data folder and its processes, so that a killed launcher's children are found. */
interface Content {
  launcher: ProcessMark;
  url: string;
  children: Child[];
}

/** A process of a service; the name identifies its program. */
export interface Child extends ProcessMark {
  name: ServiceName;
}

/** The pid file of a data folder, held by one launcher at a time. */
export class PidFile {
  private readonly note: Note;
  private content: Content;

  constructor(dataFolder: string, url: string) {
    this.note = new Note(join(dataFolder, 'up.json'));
    this.content = {
      launcher: { pid: process.pid, identity: identityOf(process.pid) ?? '' },
      url,
      children: [],
    };
  }

  /**
   * Takes the data folder for this launcher, after ending the processes that a killed one left.
   *
   * @throws Refusal when another launcher runs on it
   */
  async take(): Promise<void> {
    const last = readPidFile(this.note.file);
    if (last && isAlive(last.launcher)) refuseSecond(last);
    if (last) await endOrphans(last);
    rmSync(this.note.file, { force: true });
    this.create();
  }

  /** A link fails when the name exists, so of two launchers that start at the same moment one fails. */
  private create(): void {
    const { file } = this.note;
    const draft = this.note.draft(this.text());
    try {
      linkSync(draft, file);
    } catch (error) {
      const other = readPidFile(file);
      if (other) refuseSecond(other);
      throw error;
    } finally {
      rmSync(draft, { force: true });
    }
  }

  private text(): string {
    return `${JSON.stringify(this.content, null, 2)}\n`;
  }

  /** Records the current children; on a full disk as soon as there is room. */
  keep(children: Iterable<Child>): void {
    this.content = {
      ...this.content,
      children: [...children].map(({ name, pid, identity }) => ({ name, pid, identity })),
    };
    this.note.write(this.text());
  }

  release(): void {
    this.note.close();
    rmSync(this.note.file, { force: true });
  }
}

export function readPidFile(file: string): Content | undefined {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Content;
  } catch {
    return undefined;
  }
}

function refuseSecond({ launcher, url }: Content): never {
  throw new Refusal(
    `Narwhal already runs on this data folder: ${url} (process ${launcher.pid}).\n` +
      `Stop it with Ctrl-C where it runs, or \`kill ${launcher.pid}\`. To run a second one beside it:\n` +
      '  PORT=3001 NARWHAL_DATA=.narwhal-2 npm run up',
  );
}

async function endOrphans({ children }: Content): Promise<void> {
  for (const names of stopOrder) {
    await Promise.all(children.filter(({ name }) => names.includes(name)).map(endOrphan));
  }
}

/** The program that a process must also run, since the file may contain anything. */
const programs: Record<ServiceName, string> = {
  api: 'apps/api/',
  worker: 'apps/worker/',
  migrate: 'apps/cli/',
  redis: 'redis-server',
  postgres: 'postgres',
};

async function endOrphan(child: Child): Promise<void> {
  const { name, pid } = child;
  if (isAlive(child) && commandLineOf(pid).includes(programs[name])) {
    say(`Ending ${name} (process ${pid}), left by a launcher that was killed ...`);
    await endProcess(child, stopSteps[name]);
  } else {
    endLeftGroup(child);
  }
}
