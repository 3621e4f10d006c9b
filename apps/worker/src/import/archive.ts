import { createHash } from 'node:crypto';
import type { Readable } from 'node:stream';
import { crc32 } from 'node:zlib';
import { limits } from '@app/platform';
import type { ObjectStore, UploadRow } from '@app/storage';
import yauzl, { type Entry, type ZipFile } from 'yauzl';
import { CannotImport } from '../transfers/endings.js';
import { ZipBytes } from './zip-bytes.js';

/** The largest document that is parsed, and all of them together, in bytes: deflated, some kilobytes hold as many. */
const DOCUMENT = 32 * 1024 * 1024;
const DOCUMENTS = 96 * 1024 * 1024;
/** A document's values: a post has a dozen in a kilobyte, and an empty list takes three bytes there and fifty once it is parsed. */
const VALUES = 2_000_000;
/** The longest name that is looked at, in bytes; the format allows 64 kB. */
const NAME = 512;
const NOTHING = Buffer.alloc(0);
const [COMMA, LIST, OBJECT] = Buffer.from(',[{');

/** What an entry turned out to be when it was read once. */
export type Read = { sha256: Buffer } | { fault: 'too_large' | 'damaged' | 'encrypted' };

/**
 * A zip from a stranger. Names are only keys here, never paths; sizes are checked while bytes come, so an entry that declares few and
 * has many ends there.
 */
export class Archive {
  private examined = 0;
  private parsed = 0;

  private constructor(
    private readonly bytes: ZipBytes,
    private readonly zip: ZipFile,
    /** By their names; of several with one name, the first. */
    private readonly entries: ReadonlyMap<string, Entry>,
  ) {}

  /** @throws CannotImport; what the store throws */
  static async open(objects: ObjectStore, upload: UploadRow): Promise<Archive> {
    const bytes = new ZipBytes(objects, upload);
    const options = { lazyEntries: true, autoClose: false, decodeStrings: false, validateEntrySizes: true };
    try {
      const zip = await yauzl.fromRandomAccessReaderPromise(bytes, bytes.length, options);
      if (zip.entryCount > limits.import.entries) throw new CannotImport('too_many_entries');
      const entries = new Map<string, Entry>();
      for await (const entry of zip.eachEntry()) {
        if (entry.fileNameLength > NAME) continue;
        const name = entry.fileNameRaw.toString('utf8');
        if (!entries.has(name)) entries.set(name, slim(entry));
      }
      return new Archive(bytes, zip, entries);
    } catch (error) {
      if (error instanceof CannotImport) throw error;
      throw bytes.storeFault ?? new CannotImport('zip_invalid', error);
    }
  }

  get names(): IterableIterator<string> {
    return this.entries.keys();
  }

  /** Bytes of an entry as it declares them; null where there is none. */
  sizeOf(name: string): number | null {
    return this.entries.get(name)?.uncompressedSize ?? null;
  }

  /** A document, parsed; undefined where there is none, it is no JSON, or too large. */
  async document(name: string): Promise<unknown> {
    const entry = this.entries.get(name);
    if (!entry || entry.uncompressedSize > Math.min(DOCUMENT, DOCUMENTS - this.parsed)) return undefined;
    this.parsed += entry.uncompressedSize;
    const chunks: Buffer[] = [];
    let values = 0;
    try {
      for await (const chunk of await this.stream(name)) {
        chunks.push(chunk as Buffer);
        if ((values += valuesIn(chunk as Buffer)) > VALUES) return undefined;
      }
      return JSON.parse(
        Buffer.concat(chunks)
          .toString('utf8')
          .replace(/^\uFEFF/, ''),
      ) as unknown;
    } catch {
      this.mustBeOfTheZip();
      return undefined;
    }
  }

  /** Reads an entry to its end, and holds it against its checksum. */
  async examine(name: string): Promise<Read> {
    const entry = this.entries.get(name) as Entry;
    if (!entry.canDecodeFileData()) return { fault: 'encrypted' };
    if (entry.uncompressedSize > limits.photo.bytes) return { fault: 'too_large' };
    // Photos hardly shrink: only entries that share their bytes, of which a small zip may have many, are more than all of it.
    this.examined += entry.uncompressedSize;
    if (this.examined > 2 * this.bytes.length) return { fault: 'too_large' };
    const hash = createHash('sha256');
    let sum = 0;
    try {
      for await (const chunk of await this.stream(name)) {
        hash.update(chunk as Buffer);
        sum = crc32(chunk as Buffer, sum);
      }
    } catch {
      this.mustBeOfTheZip();
      return { fault: 'damaged' };
    }
    return sum === entry.crc32 ? { sha256: hash.digest() } : { fault: 'damaged' };
  }

  stream(name: string): Promise<Readable> {
    return this.zip.openReadStreamPromise(this.entries.get(name) as Entry);
  }

  /** @throws what the store threw */
  private mustBeOfTheZip(): void {
    if (this.bytes.storeFault !== null) throw this.bytes.storeFault;
  }
}

/** Without its name, comment and fields, which may be 192 kB of each: what is left opens it. */
function slim(entry: Entry): Entry {
  entry.fileNameRaw = entry.extraFieldRaw = entry.fileCommentRaw = NOTHING;
  entry.fileName = entry.fileComment = entry.comment = '';
  entry.extraFields = [];
  return entry;
}

/** At least as many as there are, but for one: each begins a list or an object, or follows a comma. */
function valuesIn(json: Buffer): number {
  let found = 0;
  for (let at = 0; at < json.length; at += 1) {
    const byte = json[at];
    if (byte === COMMA || byte === LIST || byte === OBJECT) found += 1;
  }
  return found;
}
