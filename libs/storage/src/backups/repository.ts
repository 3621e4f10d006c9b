import type { Readable } from 'node:stream';

/** Named files that last, on a disk or in S3. A file appears whole or not at all, and is never changed. */
export interface Repository {
  /** Makes a cluster's place, which is never made again: where it is missing, what should be mounted there is not. */
  begin(cluster: string): Promise<void>;
  /** `<cluster>/...`. Resolves once the file lasts; to its size. */
  write(name: string, source: Readable): Promise<number>;
  /** @throws FileMissing */
  read(name: string): Promise<Readable>;
  /** In bytes; null where there is no such file. */
  sizeOf(name: string): Promise<number | null>;
  /** In no order. */
  list(): AsyncIterable<{ name: string; bytes: number }>;
  /** Deletes what was being written before then and is not complete. */
  removeUnfinished(before: Date): Promise<void>;
  /** Missing ones are no error. */
  remove(names: readonly string[]): Promise<void>;
  /** The fault as a clause for people; null for an error that is not the repository's. */
  faultOf(error: unknown): string | null;
  close(): void;
}

export class FileMissing extends Error {
  override name = 'FileMissing';
}
