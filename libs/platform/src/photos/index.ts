/** The facts about photos that all libraries share. It imports nothing, so that the child that opens images may load it. */
export * from './formats.js';
export * from './rejections.js';
export * from './renditions.js';
