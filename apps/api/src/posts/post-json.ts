import type { ApiReply } from '../http/call.js';
import type { Page } from '../http/cursors.js';
import { memoryFor } from '../http/fast-path/page-memory.js';
import type { ShownPost } from './post-view.js';

const BEGIN = '{"items":[';
const COMMA = 44;

function endOf({ nextCursor, prevCursor }: Page<ShownPost>): string {
  return `],"nextCursor":${JSON.stringify(nextCursor)},"prevCursor":${JSON.stringify(prevCursor)}}`;
}

/** A list's JSON from posts that are already JSON: parsing them to rebuild it would cost more than everything else. */
export function listJson(page: Page<ShownPost>): string {
  return `${BEGIN}${page.items.map(({ json }) => json).join(',')}${endOf(page)}`;
}

/** Like `listJson`, but as bytes for this reply: copies everything and encodes nothing. */
export function listBytes(page: Page<ShownPost>, reply: ApiReply): Buffer {
  const { items } = page;
  const end = endOf(page);
  let length = BEGIN.length + end.length + Math.max(0, items.length - 1);
  for (const { post, ending } of items) length += post.head.length + ending.length;
  const bytes = memoryFor(reply, length);
  let at = bytes.write(BEGIN, 'latin1');
  for (let index = 0; index < items.length; index += 1) {
    const { post, ending } = items[index] as ShownPost;
    if (index > 0) at = bytes.writeUInt8(COMMA, at);
    bytes.set(post.head, at);
    at += post.head.length;
    bytes.set(ending, at);
    at += ending.length;
  }
  bytes.write(end, at, 'latin1');
  return bytes;
}
