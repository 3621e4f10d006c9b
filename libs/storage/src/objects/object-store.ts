import type { Readable } from 'node:stream';
import type { PieceOptions, PieceWriter } from './pieces.js';

/** Injects the object store: `@Inject(OBJECT_STORE) private readonly objects: ObjectStore`. */
export const OBJECT_STORE = Symbol('OBJECT_STORE');

export interface WriteOptions {
  contentType: string;
  /** Bytes; at one more the write fails with ObjectTooLarge at once. */
  limit?: number;
  /** About how many bytes will come, where that may be more than 40 GB: S3 takes 10,000 parts, so they must be larger then. */
  about?: number;
  signal?: AbortSignal;
}

export interface Written {
  bytes: number;
  /** Hex; of the bytes that the store received, known without reading them again. */
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
  /** The range of `stream`: from and to, both included; `end` is `start - 1` for an empty object. */
  start: number;
  end: number;
}

/** Conditions on the bytes of a presigned upload; the store refuses others. Hashes are hex. */
export interface PresignBound {
  bytes: number;
  contentType: string;
  sha256?: string | undefined;
  md5?: string | undefined;
  /** How long the URL is valid. */
  seconds: number;
}

/** A PUT that a client sends to the store itself, with just these headers. */
export interface PresignedPut {
  url: string;
  headers: Record<string, string>;
}

export type StoreKind = 'disk' | 's3';

export interface StoreHealth {
  /** Free space, where the store knows it. */
  freeBytes: number | null;
  /** Total space. */
  totalBytes: number | null;
}

/**
 * The lasting store of originals and renditions. A key is `<folder>/<name>` (see object-keys): random, without a client's
 * file name. Invariants, of every driver:
 *
 * - When `write` returns, the object is durable: files and folders are synced, S3 has confirmed the size. Until then readers
 *   see nothing of it, and a write that fails or is aborted leaves nothing.
 * - Objects do not change. Operations run twice, so the same key may be written again with the same picture; readers see the
 *   one or the other whole.
 * - A source is read no faster than it is stored, and is destroyed when the write fails. A caller that must go on reading (a
 *   request body that is thrown away) passes `readable.iterator({ destroyOnReturn: false })`.
 * - Deletes name their objects: stores are listed only for the trash and for verification, never while serving.
 */
export interface ObjectStore {
  /** The store in which new objects land now. */
  home(): Promise<StoreKind>;

  /** @throws ObjectTooLarge above the limit; the source's own error; the signal's reason */
  write(key: string, source: AsyncIterable<Uint8Array>, options: WriteOptions): Promise<Written>;

  /** @throws ObjectMissing; RangeOutside when the range begins beyond the end */
  read(key: string, range?: ByteRange): Promise<ObjectRead>;

  stat(key: string): Promise<ObjectInfo | null>;

  /** Whether an object is a file of the disk store and stays one for the next seconds, so that NGINX may send it. */
  staysOnDisk(key: string): Promise<boolean>;

  /**
   * A path for programs that need files: the object's own on disk (never to be changed), otherwise a copy at
   * `scratchPath`.
   *
   * @throws ObjectMissing
   */
  asFile(key: string, scratchPath: string): Promise<string>;

  /** Begins an object that arrives in parts (see pieces); only this writer uses `name`. */
  pieces(folder: string, name: string, options: PieceOptions): PieceWriter;
  /**
   * Renames an object of exactly `bytes` bytes within its folder, unless an object of that size has the new name already;
   * false when there is none to rename.
   */
  rename(folder: string, from: string, to: string, bytes: number): Promise<boolean>;
  /** Lets a client write an object itself, once or several times until the URL expires; null on disk. */
  presign(key: string, bound: PresignBound): Promise<PresignedPut | null>;
  /** Deletes these objects of a folder for good; missing ones are no error. */
  remove(folder: string, names: readonly string[]): Promise<void>;

  /** Moves these objects to the trash of a day (yyyy-mm-dd). May run twice. */
  trash(folder: string, names: readonly string[], day: string): Promise<void>;

  /** Undoes `trash`, for a database restored from a backup. Returns the names found in that day's trash. */
  restore(folder: string, names: readonly string[], day: string): Promise<string[]>;

  /**
   * Every object whose key has this prefix (an empty text, `ab/`, a folder and a slash, `trash/`), in key order; those of
   * the trash as `trash/<day>/<folder>/<name>`. Concurrent changes may be in it or not.
   */
  list(prefix: string): AsyncIterable<StoredObject>;

  /** Deletes the trash of every day before `day`; returns how many days. */
  purgeTrash(day: string): Promise<number>;

  /** Deletes unfinished writes of killed processes, which have got no byte since `before`; returns how many. */
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
