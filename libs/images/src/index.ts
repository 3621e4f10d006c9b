/** For the worker alone: the api never opens an image. */
export { DevelopPool, type DevelopPoolOptions } from './develop-pool.js';
export type { Developed, DevelopedRendition, DevelopLimits, DevelopRequest } from './developed.js';
export { DevelopCrash, PhotoRejected } from './faults.js';
