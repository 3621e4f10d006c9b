import { renameSync, writeFileSync } from 'node:fs';
import { warn } from './say.ts';

/** The delay before a failed write of a note is retried, in milliseconds. */
const untilRoom = 5_000;

/**
 * A small file that is replaced atomically. Writing it never throws: a full disk must not undo what the note records, such as
 * a running process. The newest text is retried until there is room.
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

  /** Writes the text to a file beside it and returns that path. */
  draft(text: string): string {
    const draft = `${this.file}.${process.pid}`;
    writeFileSync(draft, text, { mode: 0o600 });
    return draft;
  }

  /** Stops all writes. */
  close(): void {
    clearTimeout(this.retry);
  }
}
