import { problem, type Problem } from '@app/platform';

/** The system's error codes for a disk: full, or currently unusable (gone, read only, broken). */
const full = /^(ENOSPC|EDQUOT)$/;
const broken = /^(EIO|EROFS|ESTALE|ENOTCONN|ENODEV|ENXIO|EBUSY)$/;
/** S3 asks for a retry, or its client timed out. */
const later = /^(SlowDown|ServiceUnavailable|InternalError|RequestTimeout|TimeoutError|Throttling\w*)$/;
/** Redis while it starts, changes its primary, is full or does not answer. These requests cannot be served without it. */
const redisAway =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF|OOM|TRYAGAIN)\b|^Command timed out|^Connection is closed|Stream isn't writeable|max retries per request/;

interface Failure {
  code?: unknown;
  name?: unknown;
  message?: unknown;
  $metadata?: { httpStatusCode?: number };
}

/** The refusal for a failure of the object store or of Redis; null for any other error. */
export function storeProblem(error: unknown): Problem | null {
  if (!(error instanceof Error)) return null;
  const { code, name, message, $metadata }: Failure = error;
  if (typeof code === 'string' && full.test(code)) return problem('disk_full', { cause: error });
  const isAway =
    (typeof code === 'string' && broken.test(code)) ||
    later.test(String(name)) ||
    ($metadata?.httpStatusCode ?? 0) >= 500 ||
    redisAway.test(String(message));
  return isAway ? problem('unavailable', { cause: error, headers: { 'retry-after': '2' } }) : null;
}
