import { writeSync } from 'node:fs';

/** Makes pino report the level of each line. */
const needsLevel: unique symbol = Symbol.for('pino.metadata');
const ERROR = 50;
/** Buffer for a slow reader, in bytes. More is dropped. */
const mostWaiting = 1024 * 1024;
/** How soon a write to a slow reader is retried, in milliseconds. */
const untilRead = 20;

const linesIn = (bytes: Buffer): number => bytes.reduce((count, byte) => count + (byte === 10 ? 1 : 0), 0);

/**
 * Standard output, written once per turn of the event loop: a system call for each request's line took as long as making it. An
 * error's line is written at once with all before it, the rest at the latest when the process exits; a killed process loses the
 * lines of that turn. No thread is involved that an exit would have to wait for.
 *
 * Writing never throws: a full disk or a missing reader must not end a process that serves people. Failed lines are dropped and
 * counted, and the log reports their number as soon as there is room.
 */
export class LogOutput {
  readonly [needsLevel] = true;
  lastLevel = 0;
  private lines = '';
  private waiting: Buffer = Buffer.alloc(0);
  private dropped = 0;
  /** Whether a failed write truncated the last line. */
  private torn = false;
  private retry: NodeJS.Timeout | undefined;

  constructor() {
    process.once('exit', () => this.flush());
  }

  write(line: string): void {
    if (this.lines === '') setImmediate(() => this.flush());
    this.lines += line;
    if (this.lastLevel >= ERROR) this.flush();
  }

  flush(): void {
    if (this.lines === '' && this.waiting.length === 0) return;
    const fresh = Buffer.from(this.lines);
    let bytes: Buffer = this.waiting.length === 0 ? fresh : Buffer.concat([this.waiting, fresh]);
    this.lines = '';
    this.waiting = Buffer.alloc(0);
    try {
      this.tellOfDropped();
      while (bytes.length > 0) bytes = this.writeSome(bytes);
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code === 'EAGAIN' && bytes.length < mostWaiting) this.wait(bytes);
      else this.dropped += linesIn(bytes);
    }
  }

  private writeSome(bytes: Buffer): Buffer {
    const written = writeSync(1, bytes);
    this.torn = bytes[written - 1] !== 10;
    return bytes.subarray(written);
  }

  private tellOfDropped(): void {
    if (this.dropped === 0) return;
    const msg = 'lines of this log could not be written';
    const told = {
      level: 'warn',
      pid: process.pid,
      time: new Date().toISOString(),
      lines: this.dropped,
      msg,
    };
    let bytes: Buffer = Buffer.from(`${this.torn ? '\n' : ''}${JSON.stringify(told)}\n`);
    while (bytes.length > 0) bytes = this.writeSome(bytes);
    this.dropped = 0;
  }

  private wait(bytes: Buffer): void {
    this.waiting = bytes;
    clearTimeout(this.retry);
    this.retry = setTimeout(() => this.flush(), untilRead).unref();
  }
}
