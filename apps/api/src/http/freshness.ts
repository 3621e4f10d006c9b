import { hash } from 'node:crypto';
import type { ApiReply, ApiRequest } from './call.js';

/**
 * Makes clients revalidate a response cheaply: `ETag`, and 304 without a body when the client has it. Returns the body to
 * send.
 */
export function fresh<Body>(request: ApiRequest, reply: ApiReply, tag: string, body: Body): Body | undefined {
  void reply
    .header('etag', tag)
    .header('cache-control', 'private, no-cache')
    .header('vary', 'Authorization, Origin, Accept-Encoding');
  const known = request.headers['if-none-match'];
  if (known === undefined) return body;
  const bare = (text: string) => text.trim().replace(/^W\//, '');
  if (known.trim() !== '*' && !known.split(',').some((entry) => bare(entry) === bare(tag))) return body;
  void reply.status(304);
  return undefined;
}

/** A weak ETag over everything that distinguishes one state of a response from another. */
export function tagOf(...parts: (string | number | boolean | null)[]): string {
  return `W/"${hash('sha1', JSON.stringify(parts), 'base64url')}"`;
}
