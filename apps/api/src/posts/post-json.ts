import type { Page } from '../http/cursors.js';
import type { ShownPost } from './post-view.js';

const BEGIN = '{"items":[';

function endOf({ nextCursor, prevCursor }: Page<ShownPost>): string {
  return `],"nextCursor":${JSON.stringify(nextCursor)},"prevCursor":${JSON.stringify(prevCursor)}}`;
}

/** A list's JSON from posts that are JSON already: parsing them to build it again would cost more than all the rest. */
export function listJson(page: Page<ShownPost>): string {
  return `${BEGIN}${page.items.map(({ json }) => json).join(',')}${endOf(page)}`;
}

/** As `listJson`, in bytes: only what changes from read to read is encoded, all else is copied. */
export function listBytes(page: Page<ShownPost>): Buffer {
  const { items } = page;
  const end = endOf(page);
  let length = BEGIN.length + end.length + Math.max(0, items.length - 1);
  for (const { post, middle } of items) length += post.head.length + middle.length + post.tail.length;
  const bytes = Buffer.allocUnsafe(length);
  let at = bytes.write(BEGIN, 'latin1');
  for (const [index, { post, middle }] of items.entries()) {
    if (index > 0) at += bytes.write(',', at, 'latin1');
    bytes.set(post.head, at);
    at += post.head.length;
    at += bytes.write(middle, at, 'latin1');
    bytes.set(post.tail, at);
    at += post.tail.length;
  }
  bytes.write(end, at, 'latin1');
  return bytes;
}
