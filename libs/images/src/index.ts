/** For the worker alone, and the doctor, who asks for its wall: the api never opens an image. */
export { DevelopPool, type DevelopPoolOptions } from './develop-pool.js';
export { findWall } from './wall.js';
export type { Developed, DevelopedRendition, DevelopLimits, DevelopRequest } from './developed.js';
export { DevelopCrash, PhotoRejected } from './faults.js';
