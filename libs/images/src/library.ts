import sharp from 'sharp';

/** libvips' loaders for the formats decoded here, each from a file; all others are blocked, whatever a file claims to be. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif'].map((name) => `VipsForeignLoad${name}File`);

let isPrepared = false;

/** Call it once in the process that decodes, before the first photo. */
export function prepareLibrary(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
  // No photo is opened twice, so a cache would only waste memory.
  sharp.cache(false);
  // Photos are developed side by side in processes; threads within one photo cost more than they save.
  sharp.concurrency(1);
  isPrepared = true;
}

/**
 * A file that decodes with every loader open may fail with these alone: so nothing is decoded in a state other than
 * production's, least of all in a test.
 */
export function assertPrepared(): void {
  if (!isPrepared)
    throw new Error('expected prepareLibrary() to have been called: photos are opened by the child');
}
