import { readFileSync, rmSync, writeFileSync } from 'node:fs';

/** What the demo has made so far: a step's name to the id that came of it. A demo that was cut off goes on from there. */
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

  /** Does a step unless it was done before. */
  async once(step: string, work: () => Promise<string>): Promise<string> {
    const id = this.steps[step] ?? (await work());
    if (this.steps[step] === undefined) {
      this.steps[step] = id;
      writeFileSync(this.file, `${JSON.stringify(this.steps, null, 2)}\n`);
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
