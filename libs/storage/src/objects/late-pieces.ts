import type { PieceWriter } from './pieces.js';

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
