export * from './connection.js';
export * from './receiver.js';
export * from './sender.js';
export * from './sentinel-url.js';
export * from './sentinels.js';
