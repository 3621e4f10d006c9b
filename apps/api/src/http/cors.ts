import type { Config } from '@app/platform';

/** Headers that clients may read from a page of another origin, as the contract names them. */
export const exposedHeaders = [
  'Allow',
  'Content-Range',
  'ETag',
  'Idempotency-Key',
  'Link',
  'Location',
  'Narwhal-Photo-Id',
  'Preference-Applied',
  'RateLimit',
  'RateLimit-Policy',
  'Retry-After',
  'Tus-Checksum-Algorithm',
  'Tus-Extension',
  'Tus-Max-Size',
  'Tus-Resumable',
  'Tus-Version',
  'Upload-Expires',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-Request-Id',
];

/** Headers that they may send. */
export const allowedHeaders = [
  'Authorization',
  'Cache-Control',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Prefer',
  'Range',
  'Tus-Resumable',
  'Upload-Checksum',
  'Upload-Defer-Length',
  'Upload-Length',
  'Upload-Metadata',
  'Upload-Offset',
  'X-HTTP-Method-Override',
  'X-Request-Id',
];

/** For answers that are made before any hook runs: which page may read a request's refusal; undefined when none may. */
export function allowedOrigin({ CORS_ORIGINS }: Config, origin: string | undefined): string | undefined {
  if (CORS_ORIGINS.length === 0) return '*';
  return origin !== undefined && CORS_ORIGINS.includes(origin) ? origin : undefined;
}
