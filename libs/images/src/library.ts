import sharp from 'sharp';

/** libvips' loaders of what is decoded here, each of a file; all others are shut, whatever a file claims to be. */
const LOADERS = ['Jpeg', 'Png', 'Webp', 'Heif', 'Nsgif'].map((name) => `VipsForeignLoad${name}File`);

let isPrepared = false;

/** To be called once in the process that decodes, before the first photo. */
export function prepareLibrary(): void {
  sharp.block({ operation: ['VipsForeignLoad'] });
  sharp.unblock({ operation: LOADERS });
  // No photo is opened twice, so what the cache kept would only be memory.
  sharp.cache(false);
  // Photos are developed side by side in processes; threads within one photo cost more than they save.
  sharp.concurrency(1);
  isPrepared = true;
}

/**
 * What works with every loader open may fail with these alone: nothing is decoded in another state than production's, least of
 * all in a test.
 */
export function assertPrepared(): void {
  if (!isPrepared)
    throw new Error('expected prepareLibrary() to have been called: photos are opened by the child');
}
