export * from './gather-writes.js';
export * from './receiver.js';
export * from './redis-nodes.js';
export * from './sender.js';
