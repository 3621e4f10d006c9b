import type { Config } from '@app/platform';

/** Response headers that the contract names, readable from pages of other origins. */
export const exposedHeaders = [
  'Allow',
  'Content-Range',
  'ETag',
  'Idempotency-Key',
  'Link',
  'Location',
  'Narwhal-Photo-Id',
  'Narwhal-Stale',
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

/** Request headers that such pages may send. */
export const allowedHeaders = [
  'Authorization',
  'Cache-Control',
  'Content-Type',
  'Idempotency-Key',
  'If-None-Match',
  'If-Range',
  'Last-Event-ID',
  'Narwhal-Proof',
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

/** The origin that may read a refusal sent before any hook runs; undefined when none may. */
export function allowedOrigin({ CORS_ORIGINS }: Config, origin: string | undefined): string | undefined {
  if (CORS_ORIGINS.length === 0) return '*';
  return origin !== undefined && CORS_ORIGINS.includes(origin) ? origin : undefined;
}
