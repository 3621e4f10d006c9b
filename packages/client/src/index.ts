export type { components, operations, paths } from './contract.ts';
export { Narwhal, type Photo, type User } from './narwhal.ts';
export type { ItemOf, ListOptions, ListPath, ListQuery, PageOf } from './pages.ts';
export { dataOf, Refusal, type Problem } from './refusal.ts';
export { newKey, type Options, type Session } from './sender.ts';
export type { EventOptions, StreamEvent } from './stream.ts';
export type { PhotoUpload, UploadOptions } from './upload.ts';
