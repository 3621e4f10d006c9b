/** The rules between people, photos and posts: checked in a transaction, with their later effects. */
export * from './domain.module.js';
export * from './photos/arrived-original.js';
export * from './photos/quota.js';
export * from './photos/taken-format.js';
export * from './photos/unfinished-photos.js';
export * from './photos/upload-completion.js';
export * from './posts/post-index.js';
export * from './posts/publishing.js';
export * from './posts/removal.js';
export * from './reactions/liking.js';
export * from './relations/blocking.js';
export * from './relations/following.js';
export * from './visibility/visibility.js';
