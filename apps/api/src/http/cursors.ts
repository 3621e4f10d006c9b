import { createCipheriv, createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, problem, type Config, type Id } from '@app/platform';
import { LRUCache } from 'lru-cache';
import { z } from 'zod';

/** Sealed, a snapshot's name and a position have 48 characters; longer ones cannot be ours. */
const cursor = z.string().meta({ maxLength: 100, example: 'A0ft' });

/** The query of a list: page size and position. `cursor` reads the next older page, `newer` the page just above. */
export const listQuery = z.strictObject({
  limit: z.coerce
    .number()
    .int()
    .min(1)
    .max(limits.list.most)
    .default(limits.list.default)
    .meta({ description: 'How many items at most.' }),
  cursor: cursor.optional().meta({ description: 'From `nextCursor`: the page after it.' }),
  newer: cursor.optional().meta({ description: 'From `prevCursor`: the page just before it.' }),
});

export type ListInput = z.output<typeof listQuery>;

/** The start of a page, as repositories read it. At most one of `before` and `after` is set. */
export interface PageRequest {
  limit: number;
  before: Id | null;
  after: Id | null;
}

/** A page as clients get it. A cursor is null when nothing can follow. */
export interface Page<Item> {
  items: Item[];
  nextCursor: string | null;
  prevCursor: string | null;
}

/** The fields of every page that say where the list goes on. */
export const pageEnds = {
  nextCursor: cursor.nullable().meta({ description: 'For the page below, as `cursor`; null at the end.' }),
  prevCursor: cursor
    .nullable()
    .meta({ description: 'For the page just above, as `newer`; null when there can be none.' }),
};

/** The schema of a page of these items, under its name in openapi.json. */
export const listOf = <Item extends z.ZodType>(item: Item, name: string) =>
  z
    .object({
      items: z.array(item).max(limits.list.most).meta({ description: 'What the page holds.' }),
      ...pageEnds,
    })
    .meta({ id: name, description: 'A page of a list.' });

const TAG_BYTES = 16;
const ID_BYTES = 8;
/** Cursors of earlier releases, which anybody could read, end with this many bytes of a MAC. */
const OPEN_MAC_BYTES = 9;
/** Until then they are still read, except in lists of tags and places, where one could hold the id of a hidden post. */
const OPEN_UNTIL = Date.UTC(2027, 1, 1);
const neverOpen = /^\/v1\/(tags|places)\//;
/** Number of cached cursors, since sealing takes as long as the rest of a page's envelope; about 1 MB. */
const KEPT = 5_000;

/**
 * A cursor holds one id, or the place of an imported post among them, sealed for its path: it may be the id of a post that its reader may not see. It survives inserts,
 * deletes and deploys (opening one needs nothing but the key). A forged cursor, or one of another list, is refused. Equal
 * positions have equal cursors, so that ETags hold: the encryption is deterministic, with the MAC as its initial vector
 * (the construction of RFC 5297, with HMAC-SHA-256 and AES-256-CTR).
 */
@Injectable()
export class Cursors {
  private readonly made = new LRUCache<string, string>({ max: KEPT });

  constructor(@Inject(CONFIG) private readonly config: Config) {}

  /** A cursor over these bytes that only this path can open. */
  seal(path: string, bytes: Buffer): string {
    const [{ secret } = { secret: '' }] = this.config.TOKEN_KEYS;
    const tag = macOf(secret, `sealed cursor ${path} `, bytes, TAG_BYTES);
    return Buffer.concat([tag, encrypted(secret, tag, bytes)]).toString('base64url');
  }

  /** @throws Problem 400 `cursor_invalid` */
  open(path: string, cursor: string, length: number): Buffer {
    const bytes = Buffer.from(cursor, 'base64url');
    const content =
      bytes.toString('base64url') !== cursor
        ? null
        : bytes.length === length + TAG_BYTES
          ? this.unsealed(path, bytes)
          : bytes.length === length + OPEN_MAC_BYTES
            ? this.ofEarlierRelease(path, bytes)
            : null;
    if (content === null) throw problem('cursor_invalid');
    return content;
  }

  private unsealed(path: string, bytes: Buffer): Buffer | null {
    const tag = bytes.subarray(0, TAG_BYTES);
    for (const { secret } of this.config.TOKEN_KEYS) {
      // Counter mode decrypts by encrypting.
      const content = encrypted(secret, tag, bytes.subarray(TAG_BYTES));
      if (timingSafeEqual(tag, macOf(secret, `sealed cursor ${path} `, content, TAG_BYTES))) return content;
    }
    return null;
  }

  private ofEarlierRelease(path: string, bytes: Buffer): Buffer | null {
    if (neverOpen.test(path) || Date.now() > OPEN_UNTIL) return null;
    const content = bytes.subarray(0, -OPEN_MAC_BYTES);
    const mac = bytes.subarray(-OPEN_MAC_BYTES);
    const isOurs = this.config.TOKEN_KEYS.some(({ secret }) =>
      timingSafeEqual(mac, macOf(secret, `cursor ${path} `, content, OPEN_MAC_BYTES)),
    );
    return isOurs ? content : null;
  }

  make(path: string, id: Id): string {
    const name = `${path} ${id}`;
    const kept = this.made.get(name);
    if (kept !== undefined) return kept;
    const bytes = Buffer.alloc(ID_BYTES);
    bytes.writeBigInt64BE(BigInt(id));
    const cursor = this.seal(path, bytes);
    this.made.set(name, cursor);
    return cursor;
  }

  /** @throws Problem 400 `cursor_invalid` */
  read(path: string, cursor: string): Id {
    const id = this.open(path, cursor, ID_BYTES).readBigInt64BE();
    if (id === 0n) throw problem('cursor_invalid');
    return id.toString();
  }

  request(path: string, input: ListInput): PageRequest {
    if (input.cursor !== undefined && input.newer !== undefined) throw problem('cursor_invalid');
    return {
      limit: input.limit,
      before: input.cursor === undefined ? null : this.read(path, input.cursor),
      after: input.newer === undefined ? null : this.read(path, input.newer),
    };
  }

  /** A page of a list along its ids: `scan` reads its rows, one more than the page holds, and `show` builds what is sent. */
  async list<Row extends { id: Id }, Item>(
    path: string,
    input: ListInput,
    scan: (page: PageRequest) => Promise<Row[]>,
    show: (rows: Row[]) => Item[] | Promise<Item[]>,
  ): Promise<Page<Item>> {
    const page = this.request(path, input);
    const rows = await scan({ ...page, limit: page.limit + 1 });
    // The extra row is the oldest of a page read downwards, the newest of one read upwards.
    const shown = page.after === null ? rows.slice(0, page.limit) : rows.slice(-page.limit);
    return this.page(path, await show(shown), {
      first: shown[0]?.id ?? page.after,
      last: shown.at(-1)?.id ?? null,
      more: rows.length > page.limit || page.after !== null,
    });
  }

  /**
   * Builds a page from a scan. `first` and `last` are the ids at the scan's ends (null: nothing was scanned); they may lie
   * beyond the items when some were left out. `more` says whether anything lies below `last`.
   */
  page<Item>(
    path: string,
    items: Item[],
    scan: { first: Id | null; last: Id | null; more: boolean },
  ): Page<Item> {
    return {
      items,
      nextCursor: scan.more && scan.last ? this.make(path, scan.last) : null,
      prevCursor: scan.first ? this.make(path, scan.first) : null,
    };
  }
}

function macOf(secret: string, purpose: string, bytes: Buffer, length: number): Buffer {
  return createHmac('sha256', secret).update(purpose).update(bytes).digest().subarray(0, length);
}

function encrypted(secret: string, vector: Buffer, bytes: Buffer): Buffer {
  const key = createHmac('sha256', secret).update('cursor encryption').digest();
  return createCipheriv('aes-256-ctr', key, vector).update(bytes);
}
