import { problem, type Problem } from '@app/platform';

/** The disk, as the system says it: full, or of no use at this moment (gone, read only, broken). */
const full = /^(ENOSPC|EDQUOT)$/;
const broken = /^(EIO|EROFS|ESTALE|ENOTCONN|ENODEV|ENXIO|EBUSY)$/;
/** S3 asks to come back, or its client gave up waiting. */
const later = /^(SlowDown|ServiceUnavailable|InternalError|RequestTimeout|TimeoutError|Throttling\w*)$/;
/** Redis while it starts, changes its primary, is full or does not answer; where it counts, there is no way without it. */
const redisAway =
  /^(LOADING|READONLY|MASTERDOWN|CLUSTERDOWN|MISCONF|OOM|TRYAGAIN)\b|^Command timed out|^Connection is closed|Stream isn't writeable|max retries per request/;

interface Failure {
  code?: unknown;
  name?: unknown;
  message?: unknown;
  $metadata?: { httpStatusCode?: number };
}

/** A failure of the object store or of Redis, as the refusal that a client gets; null for any other. */
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
