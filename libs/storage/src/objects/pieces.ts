import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { objectKey } from './object-keys.js';
import { ObjectMissing, type ObjectStore, type Written } from './object-store.js';

/** The pieces that one writer left of an object that arrives in parts: each size is one object, `<name><index>`. */
export interface Pieces {
  name: string;
  sizes: number[];
}

/**
 * Takes an object as it arrives. Every writer has a name of its own, so that two of them, one of which does not know yet
 * that it was taken over, never write the same object: only the row decides which pieces count.
 */
export interface PieceWriter {
  append(chunk: Uint8Array): Promise<void>;
  /** Makes all appended bytes durable; returns the sizes of this writer's pieces. */
  flush(): Promise<number[]>;
  /** Hex, of all flushed bytes; call once, before closing, on a writer that hashes. */
  sha256(): Promise<string>;
  /** Releases the writer. Unflushed bytes may be lost. */
  close(): Promise<void>;
}

export interface PieceOptions {
  /** Whether the hash of this writer's bytes will be requested. */
  hashed: boolean;
}

export const pieceName = (name: string, index: number): string => `${name}n${index}`;

/** One object per flush: for stores whose objects cannot grow. Holds unflushed bytes in memory. */
export class SeparatePieces implements PieceWriter {
  readonly #sizes: number[] = [];
  readonly #hash = createHash('sha256');
  #waiting: Uint8Array[] = [];

  constructor(
    private readonly store: Pick<ObjectStore, 'write'>,
    private readonly folder: string,
    private readonly name: string,
    private readonly hashed: boolean,
  ) {}

  append(chunk: Uint8Array): Promise<void> {
    if (this.hashed) this.#hash.update(chunk);
    this.#waiting.push(chunk);
    return Promise.resolve();
  }

  async flush(): Promise<number[]> {
    const chunks = this.#waiting;
    this.#waiting = [];
    if (chunks.length > 0) {
      const key = objectKey(this.folder, pieceName(this.name, this.#sizes.length));
      const source = Readable.from(chunks, { objectMode: false });
      const { bytes } = await this.store.write(key, source, { contentType: 'application/octet-stream' });
      this.#sizes.push(bytes);
    }
    return [...this.#sizes];
  }

  sha256(): Promise<string> {
    return Promise.resolve(this.#hash.digest('hex'));
  }

  close(): Promise<void> {
    this.#waiting = [];
    return Promise.resolve();
  }
}

/** A writer of pieces that selects its store at the first write, and stays with it. */
export class LatePieces implements PieceWriter {
  #writer: PieceWriter | null = null;

  constructor(private readonly open: () => Promise<PieceWriter>) {}

  async append(chunk: Uint8Array): Promise<void> {
    this.#writer ??= await this.open();
    await this.#writer.append(chunk);
  }

  async flush(): Promise<number[]> {
    return (await this.#writer?.flush()) ?? [];
  }

  async sha256(): Promise<string> {
    return (await this.#writer?.sha256()) ?? '';
  }

  async close(): Promise<void> {
    await this.#writer?.close();
  }
}

/** Every object that these writers may have left: one more each than is recorded, since it is written before it is recorded. */
export function pieceNames(pieces: readonly Pieces[]): string[] {
  return pieces.flatMap(({ name, sizes }) =>
    Array.from({ length: sizes.length + 1 }, (_, index) => pieceName(name, index)),
  );
}

/** The bytes of the pieces in order; of each as many as are recorded, for a killed writer may have left more. */
async function* bytesOf(
  store: ObjectStore,
  folder: string,
  pieces: readonly Pieces[],
): AsyncGenerator<Uint8Array> {
  for (const { name, sizes } of pieces) {
    for (const [index, bytes] of sizes.entries()) {
      if (bytes === 0) continue;
      const range = { start: 0, end: bytes - 1 };
      const { stream } = await store.read(objectKey(folder, pieceName(name, index)), range);
      for await (const chunk of stream) yield chunk as Uint8Array;
    }
  }
}

interface Joining {
  folder: string;
  pieces: readonly Pieces[];
  /** The resulting object's name. */
  name: string;
  length: number;
  contentType: string;
  /** Hex; known when one writer has seen every byte, which saves reading them again. */
  sha256?: string | undefined;
}

/**
 * Joins pieces into one object and returns its size and hash. May run twice, also at once: the object is the same. The
 * pieces stay, except one that becomes the object by a rename.
 */
export async function joinPieces(store: ObjectStore, joining: Joining): Promise<Written> {
  const { folder, pieces, name, length, contentType, sha256 } = joining;
  const filled = pieces.filter(({ sizes }) => sizes.length > 0);
  const [first] = filled;
  if (sha256 !== undefined && filled.length === 1 && first?.sizes.length === 1) {
    if (await store.rename(folder, pieceName(first.name, 0), name, length)) return { bytes: length, sha256 };
  }
  const key = objectKey(folder, name);
  try {
    const written = await store.write(key, bytesOf(store, folder, filled), { contentType, limit: length });
    if (written.bytes === length) return written;
    await store.remove(folder, [name]);
    throw new Error(`expected pieces of ${length} bytes in ${folder} but found ${written.bytes}`);
  } catch (error) {
    // A process that was killed after joining, or is a moment ahead of us, has removed the pieces.
    if (!(error instanceof ObjectMissing) || (await store.stat(key))?.bytes !== length) throw error;
    return { bytes: length, sha256: await hashOf(store, key) };
  }
}

/** Hex. @throws ObjectMissing */
export async function hashOf(store: ObjectStore, key: string): Promise<string> {
  const hash = createHash('sha256');
  const { stream } = await store.read(key);
  for await (const chunk of stream) hash.update(chunk as Uint8Array);
  return hash.digest('hex');
}
