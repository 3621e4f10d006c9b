/** Persistent data. Programs that need no Nest application import `@app/storage/database` and `@app/storage/objects`. */
export * from './database/index.js';
export * from './objects/index.js';
export * from './storage.module.js';
