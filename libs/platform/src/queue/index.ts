export * from './connection.js';
export * from './receiver.js';
export * from './sender.js';
