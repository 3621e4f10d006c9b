import { chownSync, mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { privilegeDropFor } from '../dev/privilege-drop/choice.ts';
import type { PrivilegeDrop } from '../dev/privilege-drop/privilege-drop.ts';
import { ensureProgram } from '../dev/system-packages.ts';

/** A program of the system's packages that runs without root's rights, in its own folder. */
export class Service {
  private readonly program: string;
  private readonly drop: PrivilegeDrop;

  constructor(program: string, packageName: string, folder: string) {
    mkdirSync(dirname(folder), { recursive: true });
    this.program = ensureProgram(program, packageName);
    this.drop = privilegeDropFor({ programs: dirname(this.program), data: folder });
  }

  /** The folder as the program sees it. */
  get folder(): string {
    return this.drop.data;
  }

  /** The folder as this process sees it. */
  get onDisk(): string {
    return this.drop.onDisk;
  }

  write(name: string, text: string): void {
    const file = join(this.drop.onDisk, name);
    writeFileSync(file, text, { mode: 0o600 });
    if (this.drop.user) chownSync(file, this.drop.user.uid, this.drop.user.gid);
  }

  command(...args: string[]): { command: string; args: string[] } {
    return this.drop.wrap(this.program, args);
  }
}
