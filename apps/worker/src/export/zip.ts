import { Readable } from 'node:stream';
import { finished } from 'node:stream/promises';
import { ZipFile } from 'yazl';

/** What yazl looks through for the next entry, from the first, twice an entry; its types leave it out. */
type Listing = ZipFile & { entries: object[] };

/**
 * A zip that is read while it is written: one entry at a time, each no faster than the zip is taken. Of a written entry it keeps
 * only the place, for the directory at the end.
 */
export class Zip {
  private readonly file = new ZipFile() as Listing;
  /** Entries that are written, until the directory is: among them yazl would look for the next, which takes the square of their number. */
  private readonly written: object[] = [];
  private entry: Readable | null = null;

  constructor() {
    this.file.on('error', (error: Error) => this.destroy(error));
    // Reported by whoever reads it.
    this.stream.on('error', () => undefined);
  }

  get stream(): Readable {
    return this.file.outputStream as Readable;
  }

  /** Pictures are compressed already. Resolves once `source` has been read. @throws what ended `source` or the zip */
  async add(path: string, source: Readable, mtime: Date, packed: 'deflated' | 'stored'): Promise<void> {
    if (this.stream.destroyed) {
      source.destroy();
      throw this.stream.errored ?? new Error('the zip is not read any more');
    }
    // The source of the newest has been read, so that those before it are written.
    this.written.push(...this.file.entries.splice(0, this.file.entries.length - 1));
    this.entry = source;
    const done = finished(source);
    // yazl keeps this function for each entry until the end: it must not keep the source.
    let next: Readable | null = source;
    this.file.addReadStreamLazy(path, { mtime, compress: packed === 'deflated' }, (take) => {
      const given = next;
      next = null;
      if (given) take(null, given);
    });
    await done;
    this.entry = null;
  }

  /** Documents, in pieces of text. */
  async addText(path: string, pieces: AsyncIterable<string>, mtime: Date): Promise<void> {
    await this.add(path, Readable.from(pieces, { objectMode: false }), mtime, 'deflated');
  }

  /** Writes the directory: nothing before this is a zip that anything opens. */
  end(): void {
    this.file.entries = this.written.concat(this.file.entries);
    this.file.end();
  }

  destroy(error: Error): void {
    this.entry?.destroy(error);
    this.stream.destroy(error);
  }
}
