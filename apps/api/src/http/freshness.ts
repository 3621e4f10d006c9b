import { hash } from 'node:crypto';
import type { ApiReply, ApiRequest } from './call.js';

/**
 * Marks an answer as one to be asked for again each time, cheaply: `ETag`, and 304 without a body when the client has it.
 * Answers what to send.
 */
export function fresh<Body>(request: ApiRequest, reply: ApiReply, tag: string, body: Body): Body | undefined {
  void reply
    .header('etag', tag)
    .header('cache-control', 'private, no-cache')
    .header('vary', 'Authorization, Origin');
  const known = request.headers['if-none-match'];
  if (known === undefined) return body;
  const bare = (text: string) => text.trim().replace(/^W\//, '');
  if (known.trim() !== '*' && !known.split(',').some((entry) => bare(entry) === bare(tag))) return body;
  void reply.status(304);
  return undefined;
}

/** A weak ETag of whatever tells one state of an answer from another. */
export function tagOf(...parts: (string | number | boolean | null)[]): string {
  return `W/"${hash('sha1', JSON.stringify(parts), 'base64url')}"`;
}
