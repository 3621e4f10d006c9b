import { renameSync, writeFileSync } from 'node:fs';
import { warn } from './say.ts';

/** How long a note that could not be written waits for the next try, in milliseconds. */
const untilRoom = 5_000;

/**
 * A small file that is replaced whole. Writing it never throws: a full disk must not undo what the note is about, such as
 * a process that runs already. The newest text is tried again until there is room.
 */
export class Note {
  readonly file: string;
  private unwritten: string | undefined;
  private retry: NodeJS.Timeout | undefined;

  constructor(file: string) {
    this.file = file;
  }

  write(text: string): void {
    clearTimeout(this.retry);
    try {
      renameSync(this.draft(text), this.file);
      this.unwritten = undefined;
    } catch (error) {
      if (this.unwritten === undefined)
        warn(`${this.file} cannot be written (${(error as NodeJS.ErrnoException).code}); trying again ...`);
      this.unwritten = text;
      this.retry = setTimeout(() => this.write(text), untilRoom).unref();
    }
  }

  /** Writes the text beside the file and returns where. */
  draft(text: string): string {
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, text, { mode: 0o600 });
    return draft;
  }

  /** Nothing is written any more. */
  close(): void {
    clearTimeout(this.retry);
  }
}
