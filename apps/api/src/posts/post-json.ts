import type { Page } from '../http/cursors.js';
import type { ShownPost } from './post-view.js';

/** A list's JSON from posts that are JSON already: parsing them to build it again would cost more than all the rest. */
export function listJson({ items, nextCursor, prevCursor }: Page<ShownPost>): string {
  const posts = items.map(({ json }) => json).join(',');
  return `{"items":[${posts}],"nextCursor":${JSON.stringify(nextCursor)},"prevCursor":${JSON.stringify(prevCursor)}}`;
}

/** A post's weak ETag: which edit of it, not its counts. */
export function postTag({ post }: ShownPost): string {
  return `W/"${post.id}.${post.version}.${post.authorVersion}.${post.validUntil}"`;
}
