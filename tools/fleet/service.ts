import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { footingFor } from '../dev/footing/choice.ts';
import type { Footing } from '../dev/footing/footing.ts';
import { ensureProgram } from '../dev/system-packages.ts';

/** A program of the system's packages that is run without root's rights, in a folder of its own. */
export class Service {
  private readonly program: string;
  private readonly footing: Footing;

  constructor(program: string, packageName: string, folder: string) {
    mkdirSync(dirname(folder), { recursive: true });
    this.program = ensureProgram(program, packageName);
    this.footing = footingFor({ programs: dirname(this.program), data: folder });
  }

  /** The folder as the program sees it. */
  get folder(): string {
    return this.footing.data;
  }

  /** The folder as this process sees it. */
  get onDisk(): string {
    return this.footing.onDisk;
  }

  write(name: string, text: string): void {
    const file = join(this.footing.onDisk, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (this.footing.user) chownSync(file, this.footing.user.uid, this.footing.user.gid);
  }

  command(...args: string[]): { command: string; args: string[] } {
    return this.footing.wrap(this.program, args);
  }
}
