import { rejections, type RejectionCode } from '@app/platform/photos';

/** The photo is at fault: a retry changes nothing, and its owner gets the code. `message` and `cause` are for the log. */
export class PhotoRejected extends Error {
  override name = 'PhotoRejected';

  constructor(
    readonly code: RejectionCode,
    options?: ErrorOptions,
  ) {
    super(rejections[code], options);
  }
}

/**
 * The child died while it read the photo, because of it or not (killed from outside, out of memory elsewhere). Counts against
 * the photo only when no other was open in its worker.
 */
export class DevelopCrash extends Error {
  override name = 'DevelopCrash';

  constructor(
    readonly exitCode: number | null,
    readonly signal: NodeJS.Signals | null,
    /** The end of its stderr, for the log alone. */
    readonly lastWords: string,
    /** No other photo was open in any child of its worker. */
    readonly alone: boolean,
  ) {
    super(`the develop child ended with ${signal ?? `code ${exitCode}`}`);
  }
}

/** Our own fault: no room for the renditions, no such input, no child. The photo may be good, so it is retried later. */
export class DevelopFailed extends Error {
  override name = 'DevelopFailed';
}
