import type { Readable } from 'node:stream';
import type { PieceOptions, PieceWriter } from './pieces.js';

/** Injects the object store: `@Inject(OBJECT_STORE) private readonly objects: ObjectStore`. */
export const OBJECT_STORE = Symbol('OBJECT_STORE');

export interface WriteOptions {
  contentType: string;
  /** Bytes; one more and the write ends with ObjectTooLarge, at once. */
  limit?: number;
  signal?: AbortSignal;
}

export interface Written {
  bytes: number;
  /** Hex; of what the store was given, known without asking it again. */
  sha256: string;
}

export interface ObjectInfo {
  bytes: number;
  modifiedAt: Date;
}

/** An object as a listing shows it. */
export interface StoredObject extends ObjectInfo {
  key: string;
}

/** First and last byte, both included; `end` may lie beyond the object. */
export interface ByteRange {
  start: number;
  end?: number;
}

export interface ObjectRead {
  stream: Readable;
  /** Size of the whole object, whatever the range. */
  bytes: number;
  /** What `stream` carries: from and to, both included; `end` is `start - 1` for an empty object. */
  start: number;
  end: number;
}

/** What the bytes of a presigned upload must be; the store refuses others. Hashes are hex. */
export interface PresignBound {
  bytes: number;
  contentType: string;
  sha256?: string | undefined;
  md5?: string | undefined;
  /** Until the URL opens nothing any more. */
  seconds: number;
}

/** A PUT that a client sends to the store itself, with just these headers. */
export interface PresignedPut {
  url: string;
  headers: Record<string, string>;
}

export type StoreKind = 'disk' | 's3';

export interface StoreHealth {
  /** Room left, where the store knows it. */
  freeBytes: number | null;
  /** Of so many in all. */
  totalBytes: number | null;
}

/**
 * Where originals and renditions last. A key is `<folder>/<name>` (see object-keys): random, without a client's file
 * name. Invariants, of every driver:
 *
 * - When `write` returns, the object is there to stay: files and folders are synced, S3 has confirmed the size. Until
 *   then readers see nothing of it, and a write that fails or is aborted leaves nothing.
 * - Objects do not change. Steps run twice, so the same key may be written again with the same picture; readers see the
 *   one or the other whole.
 * - A source is read no faster than it is stored, and is destroyed when the write fails. Who must go on reading (a
 *   request body that is thrown away) passes `readable.iterator({ destroyOnReturn: false })`.
 * - Deleting takes the names with it: stores are listed for the trash and for verification alone, never on the way.
 */
export interface ObjectStore {
  /** Where new objects land at this moment. */
  home(): Promise<StoreKind>;

  /** @throws ObjectTooLarge above the limit; the source's own error; the signal's reason */
  write(key: string, source: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Written>;

  /** @throws ObjectMissing; RangeOutside when the range begins behind the end */
  read(key: string, range?: ByteRange): Promise<ObjectRead>;

  stat(key: string): Promise<ObjectInfo | null>;

  /** Whether an object is a file of the disk store and will be for the next seconds, so that NGINX may send it. */
  staysOnDisk(key: string): Promise<boolean>;

  /**
   * A path from which the object can be read by programs that need files: its own on disk (never to be changed), a copy
   * at `scratchPath` otherwise.
   *
   * @throws ObjectMissing
   */
  asFile(key: string, scratchPath: string): Promise<string>;

  /** Begins to take an object that arrives bit by bit (see pieces); `name` is this writer's alone. */
  pieces(folder: string, name: string, options: PieceOptions): PieceWriter;
  /**
   * Gives an object of exactly so many bytes another name in its folder, unless an object of so many bytes has that name
   * already; false when there is none to be renamed.
   */
  rename(folder: string, from: string, to: string, bytes: number): Promise<boolean>;
  /** Lets a client write an object itself, once or several times until the URL expires; null on disk. */
  presign(key: string, bound: PresignBound): Promise<PresignedPut | null>;
  /** Deletes these objects of a folder for good; absent ones are no error. */
  remove(folder: string, names: readonly string[]): Promise<void>;

  /** Moves these objects to the trash of a day (yyyy-mm-dd). May run twice. */
  trash(folder: string, names: readonly string[], day: string): Promise<void>;

  /** The way back, for a database restored from a backup. Answers which names were found in that day's trash. */
  restore(folder: string, names: readonly string[], day: string): Promise<string[]>;

  /**
   * Every object whose key begins so (an empty text, `ab/`, a folder and a slash, `trash/`), in the order of keys; those of the
   * trash as `trash/<day>/<folder>/<name>`. What others do meanwhile may be in it or not.
   */
  list(prefix: string): AsyncIterable<StoredObject>;

  /** Deletes the trash of every day before `day`; answers how many days. */
  purgeTrash(day: string): Promise<number>;

  /** Deletes what writes of killed processes left, begun before `before`; answers how many. */
  sweepUnfinished(before: Date): Promise<number>;

  /** Rejects when the store cannot be reached or written. */
  check(): Promise<StoreHealth>;

  close(): Promise<void>;
}

export class ObjectMissing extends Error {
  override name = 'ObjectMissing';

  constructor(
    readonly key: string,
    options?: ErrorOptions,
  ) {
    super(`there is no object ${key}`, options);
  }
}

export class ObjectTooLarge extends Error {
  override name = 'ObjectTooLarge';

  constructor(readonly limit: number) {
    super(`expected at most ${limit} bytes but received more`);
  }
}

export class RangeOutside extends Error {
  override name = 'RangeOutside';

  constructor(readonly bytes: number | null) {
    super(`the range begins behind the object's end (${bytes ?? 'unknown'} bytes)`);
  }
}
