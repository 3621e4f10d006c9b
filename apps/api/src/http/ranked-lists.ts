import { Injectable } from '@nestjs/common';
import { problem, type Id } from '@app/platform';
import { SNAPSHOT_NAME_BYTES, Snapshots } from '@app/feed';
import { Cursors, type ListInput, type Page } from './cursors.js';

/** A list in its current ranking; `name` is set when a snapshot already holds it. */
export interface Ranking {
  ids: Id[];
  name?: Buffer | null;
}

/** How many times a short page is topped up before it is returned short, with a cursor to continue. */
const ROUNDS = 5;

/** A snapshot of a ranked list, and the bounds of one page. */
interface Slice {
  name: Buffer | null;
  ids: Id[];
  from: number;
  to: number;
}

/**
 * Lists that are not ordered by id (search, explore). The first page ranks, and keeps the order for ten minutes. A cursor
 * holds the snapshot's name and a position, and belongs to its scope: a path, a reader, a query.
 */
@Injectable()
export class RankedLists {
  constructor(
    private readonly cursors: Cursors,
    private readonly snapshots: Snapshots,
  ) {}

  /** @throws Problem 410 `list_expired` */
  async page<Item>(
    scope: string,
    input: ListInput,
    rank: () => Promise<Ranking>,
    show: (ids: Id[]) => Promise<Item[]>,
  ): Promise<Page<Item>> {
    const slice = await this.slice(scope, input, rank);
    const { name, ids, from } = slice;
    const items = await show(ids.slice(from, slice.to));
    let { to } = slice;
    for (let round = 1; round < ROUNDS && items.length < input.limit && !input.newer; round += 1) {
      if (to >= ids.length) break;
      const next = Math.min(to + input.limit - items.length, ids.length);
      items.push(...(await show(ids.slice(to, next))));
      to = next;
    }
    const held = name ?? (to < ids.length ? await this.snapshots.keep(ids) : null);
    const cursor = (at: number) => held && this.cursors.seal(scope, encode(held, at));
    return {
      items,
      nextCursor: to < ids.length ? cursor(to) : null,
      prevCursor: from > 0 ? cursor(from) : null,
    };
  }

  private async slice(scope: string, input: ListInput, rank: () => Promise<Ranking>): Promise<Slice> {
    const { cursor, newer, limit } = input;
    if (cursor !== undefined && newer !== undefined) throw problem('cursor_invalid');
    const given = cursor ?? newer;
    if (given === undefined) {
      const { ids, name = null } = await rank();
      return { name, ids, from: 0, to: Math.min(limit, ids.length) };
    }
    const { name, at } = decode(this.cursors.open(scope, given, SNAPSHOT_NAME_BYTES + 2));
    const ids = await this.held(name);
    return cursor === undefined
      ? { name, ids, from: Math.max(0, at - limit), to: at }
      : { name, ids, from: at, to: Math.min(at + limit, ids.length) };
  }

  private async held(name: Buffer): Promise<Id[]> {
    const ids = await this.snapshots.read(name).catch((cause: unknown) => {
      throw problem('unavailable', { cause });
    });
    if (ids === null) throw problem('list_expired');
    return ids;
  }
}

function encode(name: Buffer, at: number): Buffer {
  const bytes = Buffer.alloc(SNAPSHOT_NAME_BYTES + 2);
  name.copy(bytes);
  bytes.writeUInt16BE(at, SNAPSHOT_NAME_BYTES);
  return bytes;
}

function decode(bytes: Buffer): { name: Buffer; at: number } {
  return { name: bytes.subarray(0, SNAPSHOT_NAME_BYTES), at: bytes.readUInt16BE(SNAPSHOT_NAME_BYTES) };
}
