export * from './exported.js';
export * from './html.js';
export * from './mail.js';
export * from './markdown.js';
export * from './page.js';
export * from './style.js';
export * from './texts/languages.js';
