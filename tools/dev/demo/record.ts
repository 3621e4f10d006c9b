import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** The things that the demo has made so far: each operation's name and the id that resulted. An interrupted demo resumes from there. */
export class DemoRecord {
  private steps: Record<string, string>;
  private readonly file: string;

  constructor(file: string) {
    this.file = file;
    this.steps = read(file);
  }

  get(step: string): string | undefined {
    return this.steps[step];
  }

  /** Runs an operation unless the record has it. */
  async once(step: string, work: () => Promise<string>): Promise<string> {
    const id = this.steps[step] ?? (await work());
    if (this.steps[step] === undefined) {
      this.steps[step] = id;
      writeFileSync(this.file, `${JSON.stringify(this.steps, null, 2)}\n`, { mode: 0o600 });
    }
    return id;
  }

  forget(): void {
    this.steps = {};
    rmSync(this.file, { force: true });
  }
}

function read(file: string): Record<string, string> {
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
  } catch {
    return {};
  }
}
