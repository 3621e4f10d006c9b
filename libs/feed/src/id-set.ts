import type { Id } from '@app/platform';

const BYTES = 8;

/**
 * Many ids in little memory: 8 bytes each, sorted, found by binary search. Seven thousand followees take 60 kB where a Set of
 * strings takes half a megabyte, and Redis stores the packed form.
 */
export class IdSet {
  private constructor(private readonly halves: Uint32Array) {}

  static of(ids: readonly Id[]): IdSet {
    const sorted = BigUint64Array.from(ids, (id) => BigInt(id)).sort();
    const halves = new Uint32Array(sorted.length * 2);
    sorted.forEach((id, index) => {
      halves[index * 2] = Number(id >> 32n);
      halves[index * 2 + 1] = Number(id & 0xffffffffn);
    });
    return new IdSet(halves);
  }

  /** Reads what `pack` wrote. */
  static unpack(packed: Buffer): IdSet {
    const halves = new Uint32Array(packed.length / 4);
    for (let index = 0; index < halves.length; index += 1) halves[index] = packed.readUInt32BE(index * 4);
    return new IdSet(halves);
  }

  pack(): Buffer {
    const packed = Buffer.allocUnsafe(this.bytes);
    this.halves.forEach((half, index) => packed.writeUInt32BE(half, index * 4));
    return packed;
  }

  get size(): number {
    return this.halves.length / 2;
  }

  get bytes(): number {
    return this.size * BYTES;
  }

  has(id: Id): boolean {
    const wanted = BigInt(id);
    const high = Number(wanted >> 32n);
    const low = Number(wanted & 0xffffffffn);
    let from = 0;
    let to = this.size;
    while (from < to) {
      const middle = (from + to) >>> 1;
      const order = (this.halves[middle * 2] ?? 0) - high || (this.halves[middle * 2 + 1] ?? 0) - low;
      if (order === 0) return true;
      if (order < 0) from = middle + 1;
      else to = middle;
    }
    return false;
  }
}
