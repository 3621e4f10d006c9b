import { S3ServiceException } from '@aws-sdk/client-s3';
import { ObjectMissing, RangeOutside } from './object-store.js';

/** HEAD has no body with an error's name, so both the names and the status count. */
export function isMissing(error: unknown): boolean {
  return (
    error instanceof S3ServiceException &&
    (error.name === 'NoSuchKey' || error.name === 'NotFound') &&
    error.$metadata.httpStatusCode === 404
  );
}

/** The object is not the one that the condition names. */
export function isPreconditionFailed(error: unknown): boolean {
  return error instanceof S3ServiceException && error.$metadata.httpStatusCode === 412;
}

/** Translates S3's errors to the store's own. */
export function translated(key: string, error: unknown): unknown {
  if (isMissing(error)) return new ObjectMissing(key, { cause: error });
  const isOutside = error instanceof S3ServiceException && error.$metadata.httpStatusCode === 416;
  return isOutside ? new RangeOutside(null) : error;
}
