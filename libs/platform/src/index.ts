export * from './config.js';
export * from './ids.js';
export * from './jobs.js';
export * from './keys.js';
export * from './limits.js';
export * from './problems.js';
