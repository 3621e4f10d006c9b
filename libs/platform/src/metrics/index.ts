/** The catalogue of metrics and its outputs; nothing here needs the rest of the platform, so that tools start quickly. */
export * from './entry.js';
export * from './catalogue.js';
export { HistogramSeries, ValueSeries, type Labels } from './series.js';
export * from './registry.js';
export * from './process.js';
export * from './scrape.js';
export * from './reading.js';
export * from './promql.js';
export * from './words.js';
export * from './sparkline.js';
