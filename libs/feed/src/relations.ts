import { Injectable } from '@nestjs/common';
import { keys, type Id } from '@app/platform';
import { FeedRows, readsFromReplica, type FeedRelations } from '@app/storage';
import { LRUCache } from 'lru-cache';
import { IdSet } from './id-set.js';
import { FeedRedis } from './redis.js';

const DAY = 24 * 60 * 60;

/** Room for the relations of some 15,000 readers who follow 200 people each. */
const CACHED_BYTES = 32 * 1024 * 1024;

/** One generation of the relations that decide whose posts a reader's feed shows. */
export interface Relations {
  generation: string;
  /** The authors whose posts may appear: the reader, and those they follow, without muted and blocked ones. */
  authors: IdSet;
  /** Those of them whose posts are not, or not all, in the reader's feed. */
  merged: Id[];
}

/**
 * Readers' relations. They never change within one generation, so this process caches them and they cannot be stale: each page
 * of a feed brings the current generation. Behind that, Redis has them, dropped by each bump; behind that, PostgreSQL. Absent
 * relations are loaded and never taken for "visible".
 */
@Injectable()
export class ReaderRelations {
  private readonly cache = new LRUCache<Id, Relations>({
    maxSize: CACHED_BYTES,
    sizeCalculation: ({ authors, merged }) => 200 + authors.bytes + merged.length * 40,
  });

  constructor(
    private readonly redis: FeedRedis,
    private readonly rows: FeedRows,
  ) {}

  /** The generation whose relations this process has, or `''`. */
  generationOf(reader: Id): string {
    return this.cache.get(reader)?.generation ?? '';
  }

  /** The relations of the current generation. `packed` are those from Redis; `floor` is that of the reader's feed. */
  async of(reader: Id, generation: string, packed: Buffer | null, floor: Id): Promise<Relations> {
    const cached = this.cache.get(reader);
    if (cached?.generation === generation) return cached;
    const relations = packed ? { generation, ...unpack(packed) } : await this.load(reader, generation, floor);
    if (!readsFromReplica()) this.cache.set(reader, relations);
    return relations;
  }

  private async load(reader: Id, generation: string, floor: Id): Promise<Relations> {
    const rows = await this.rows.relations(reader, floor);
    const relations = { generation, authors: IdSet.of(rows.authors), merged: rows.merged };
    await this.fill(reader, generation, pack(rows, relations.authors));
    return relations;
  }

  private async fill(reader: Id, generation: string, packed: Buffer): Promise<void> {
    try {
      const { epoch } = this.redis;
      const filled = [keys.reader(epoch, reader), keys.relations(epoch, reader)];
      await this.redis.run('relations-fill', filled, [generation, packed, DAY]);
    } catch {
      // The next page loads them again.
    }
  }
}

/** The number of merged authors, their ids, then all authors. */
function pack(rows: FeedRelations, authors: IdSet): Buffer {
  const count = Buffer.alloc(4);
  count.writeUInt32BE(rows.merged.length);
  const merged = Buffer.alloc(rows.merged.length * 8);
  rows.merged.forEach((id, index) => merged.writeBigUInt64BE(BigInt(id), index * 8));
  return Buffer.concat([count, merged, authors.pack()]);
}

function unpack(packed: Buffer): Omit<Relations, 'generation'> {
  const count = packed.readUInt32BE(0);
  const merged = Array.from({ length: count }, (_, index) =>
    packed.readBigUInt64BE(4 + index * 8).toString(),
  );
  return { merged, authors: IdSet.unpack(packed.subarray(4 + count * 8)) };
}
