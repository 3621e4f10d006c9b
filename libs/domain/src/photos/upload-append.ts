import { timingSafeEqual, type Hash } from 'node:crypto';
import { limits, problem } from '@app/platform';
import { describeHead, SNIFF_BYTES } from '@app/platform/photos';
import {
  pieceNames,
  type ObjectStore,
  type PieceWriter,
  type Pieces,
  type UploadRow,
  type UploadRows,
} from '@app/storage';
import { acceptedFormat } from './photos.js';

/** Bytes and milliseconds after which received data is flushed and counted: the most that a killed process can lose. */
export const COUNT = { bytes: 4 * 1024 * 1024, time: 500 };

/** How a zip begins (APPNOTE 4.3.7, 4.3.16): with an entry, or with the end of its directory. */
const zips = new Set(['PK\x03\x04', 'PK\x05\x06']);

/** A sender is considered gone after this much silence, in milliseconds; the upload waits for the next request. */
const SILENCE = 60_000;

/** The bytes of a request as they arrive; null after `COUNT.time` without any, since the reader has to look at the clock. */
export type Arriving = AsyncIterable<Buffer | null>;

/** The checksum that the client announced for a request's body. */
export interface Checksum {
  hash: Hash;
  expected: Buffer;
}

/**
 * One request that appends to an upload. It first makes bytes durable, then counts them in the row if this request is still
 * the upload's writer. Once it is not, none of its bytes count.
 */
export class UploadAppend {
  private readonly before: Pieces[];
  private readonly objectsBefore: number;
  private readonly fromStart: boolean;
  private readonly piece: PieceWriter;
  private sizes: number[] = [];
  /** Objects that this request has created so far, counted or not. */
  private made = 0;
  private head: Buffer;
  private type: string | null;
  private counted: number;
  received: number;

  constructor(
    private readonly rows: UploadRows,
    private readonly objects: ObjectStore,
    private upload: UploadRow,
    private readonly writer: string,
  ) {
    this.before = upload.pieces.filter(({ name }) => name !== writer);
    this.received = Number(upload.received);
    this.counted = this.received;
    this.fromStart = this.received === 0;
    this.head = upload.head;
    this.type = upload.type;
    this.piece = objects.pieces(upload.folder, writer, { hashed: this.fromStart });
    this.objectsBefore = this.before.reduce((sum, { sizes }) => sum + Math.max(1, sizes.length), 0);
  }

  /** Appends all of a body. @throws Problem 400, 408, 409 when a newer request has taken over, 415, 422 or 460 */
  async receive(body: Arriving, checksum: Checksum | null): Promise<void> {
    this.assertFewPieces();
    let countedAt = Date.now();
    let heardAt = Date.now();
    for await (const chunk of body) {
      if (chunk !== null) {
        heardAt = Date.now();
        checksum?.hash.update(chunk);
        await this.take(chunk);
      } else if (Date.now() - heardAt > SILENCE) throw problem('request_timeout');
      if (this.waiting < COUNT.bytes && Date.now() - countedAt < this.countAfter) continue;
      // Bytes with a checksum count only after it matches; until then, only check the writer.
      if (checksum || this.waiting === 0) await this.assertWriter();
      else await this.count();
      this.assertFewPieces();
      countedAt = Date.now();
    }
    if (checksum) verify(checksum);
    await this.count();
  }

  /** The upload's row as of this request's last count; null unless every byte is counted. */
  get whole(): UploadRow | null {
    return this.isWhole && this.waiting === 0 ? this.upload : null;
  }

  /** The hash of the whole upload, if this request alone sent it. Call before `close`. */
  async sha256(): Promise<string | undefined> {
    return this.fromStart && this.isWhole ? this.piece.sha256() : undefined;
  }

  async close(): Promise<void> {
    await this.piece.close();
  }

  /** Makes the received bytes durable and counts them. @throws Problem 409 when a newer request has taken over */
  async count(): Promise<void> {
    if (this.waiting === 0) return;
    const sizes = await this.flush();
    const { received, head, type } = this;
    const pieces = [...this.before, { name: this.writer, sizes }];
    const noted = await this.rows.progress(this.upload.id, this.writer, { pieces, received, head, type });
    this.upload = noted ?? (await this.giveWay());
    this.sizes = sizes;
    this.counted = received;
  }

  /** Removes the objects of this request that the row does not count. */
  async takeBack(): Promise<void> {
    await this.piece.close();
    // If the flush fails, only the sizes that were known before can exist.
    const written = [{ name: this.writer, sizes: await this.piece.flush().catch(() => this.sizes) }];
    await this.objects.remove(this.upload.folder, pieceNames(written).slice(this.sizes.length));
  }

  /** Milliseconds after which received bytes are counted. Increases with the number of objects that a slow request has created. */
  private get countAfter(): number {
    return COUNT.time * 2 ** Math.min(4, Math.floor(this.made / 50));
  }

  /** Bytes that no row counts yet. */
  private get waiting(): number {
    return this.received - this.counted;
  }

  private get isWhole(): boolean {
    return this.received === Number(this.upload.length);
  }

  /** @throws Problem 422 when the upload has too many pieces to continue */
  private assertFewPieces(): void {
    // A zip has as many as its bytes need, and those of broken connections.
    const needed = this.upload.purpose === 'import' ? Math.ceil(Number(this.upload.length) / COUNT.bytes) : 0;
    const limit = limits.upload.pieces + needed;
    if (this.objectsBefore + Math.max(1, this.made) > limit)
      throw problem('too_many_pieces', { params: { limit } });
  }

  /** @throws Problem 400 for more than the upload's length, 415 for bytes that are not a photo */
  private async take(chunk: Buffer): Promise<void> {
    if (this.received + chunk.length > Number(this.upload.length))
      throw problem('request_invalid', { params: { reason: 'its body is longer than upload-length says' } });
    if (this.type === null) {
      this.head = Buffer.concat([this.head, chunk.subarray(0, SNIFF_BYTES - this.head.length)]);
      const isEnough = this.head.length >= Math.min(SNIFF_BYTES, Number(this.upload.length));
      if (isEnough && this.upload.purpose === 'import') assertZip(this.head);
      else if (isEnough) this.type = acceptedFormat(this.head);
    }
    await this.piece.append(chunk);
    this.received += chunk.length;
  }

  /** For bodies that count only as a whole, and for silent senders. @throws Problem 409 when a newer request has taken over */
  private async assertWriter(): Promise<void> {
    if (this.waiting > 0) await this.flush();
    if (!(await this.rows.isWriter(this.upload.id, this.writer))) await this.giveWay();
  }

  private async flush(): Promise<number[]> {
    const sizes = await this.piece.flush();
    this.made = sizes.length;
    return sizes;
  }

  private async giveWay(): Promise<never> {
    await this.takeBack();
    const current = await this.rows.find(this.upload.id);
    throw offsetProblem('upload_taken_over', Number(current?.received ?? this.counted));
  }
}

/** Its type stays null: no photo comes of it. @throws Problem 415 */
function assertZip(head: Buffer): void {
  if (zips.has(head.toString('latin1', 0, 4))) return;
  throw problem('unsupported_media_type', {
    params: { expected: 'application/zip', received: describeHead(head) },
  });
}

/** A 409 for an upload, with the byte at which it continues. */
export function offsetProblem(code: 'upload_offset' | 'upload_taken_over', offset: number) {
  return problem(code, { params: { offset }, headers: { 'upload-offset': String(offset) } });
}

/** @throws Problem 460 */
function verify({ hash, expected }: Checksum): void {
  const actual = hash.digest();
  if (actual.length !== expected.length || !timingSafeEqual(actual, expected))
    throw problem('checksum_mismatch');
}
