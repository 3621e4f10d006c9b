import { Readable } from 'node:stream';
import { callbackify } from 'node:util';
import { objectKey, pieceName, type ObjectStore, type UploadRow } from '@app/storage';
import yauzl from 'yauzl';

/** What the directory at the end of a zip is read by, in bytes: entry by entry, each would be a request to S3. */
const BLOCK = 1024 * 1024;

interface Piece {
  key: string;
  /** Of its first byte in the zip, and of the one after its last. */
  from: number;
  to: number;
}

/** The bytes of a zip whose pieces lie in the store as they arrived. */
export class ZipBytes extends yauzl.RandomAccessReader {
  readonly #pieces: Piece[] = [];
  readonly length: number;
  /** What the store threw: then what seems to be wrong with the zip says nothing of it. */
  storeFault: Error | null = null;
  #block: { from: number; bytes: Buffer } = { from: 0, bytes: Buffer.alloc(0) };

  constructor(
    private readonly objects: ObjectStore,
    { folder, pieces, length }: Pick<UploadRow, 'folder' | 'pieces' | 'length'>,
  ) {
    super();
    this.length = Number(length);
    let from = 0;
    for (const { name, sizes } of pieces)
      for (const [index, size] of sizes.entries()) {
        this.#pieces.push({ key: objectKey(folder, pieceName(name, index)), from, to: from + size });
        from += size;
      }
  }

  override _readStreamForRange(start: number, end: number): Readable {
    return Readable.from(this.range(start, end), { objectMode: false });
  }

  override read(
    buffer: Buffer,
    offset: number,
    length: number,
    position: number,
    done: (error: Error | null) => void,
  ): void {
    callbackify(() => this.copy(buffer, offset, length, position))((error) => done(error ?? null));
  }

  private async copy(buffer: Buffer, offset: number, length: number, position: number): Promise<void> {
    for (let copied = 0; copied < length;) {
      const at = position + copied;
      const { from, bytes } = await this.block(at);
      if (at - from >= bytes.length) throw new Error(`expected a byte at ${at} of ${this.length}`);
      copied += bytes.copy(buffer, offset + copied, at - from, at - from + length - copied);
    }
  }

  private async block(at: number): Promise<{ from: number; bytes: Buffer }> {
    const from = at - (at % BLOCK);
    if (this.#block.from === from && this.#block.bytes.length > 0) return this.#block;
    const chunks: Buffer[] = [];
    for await (const chunk of this.range(from, Math.min(this.length, from + BLOCK))) chunks.push(chunk);
    return (this.#block = { from, bytes: Buffer.concat(chunks) });
  }

  /** From `start`, up to before `end`. */
  private async *range(start: number, end: number): AsyncGenerator<Buffer> {
    for (const { key, from, to } of this.#pieces) {
      if (to <= start || from >= end) continue;
      const range = { start: Math.max(start, from) - from, end: Math.min(end, to) - from - 1 };
      try {
        const { stream } = await this.objects.read(key, range);
        for await (const chunk of stream) yield chunk as Buffer;
      } catch (error) {
        this.storeFault = error as Error;
        throw error;
      }
    }
  }
}
