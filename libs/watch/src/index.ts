/** The operators' view: stores and other processes as this process sees them, in an answer for balancers and a report for people. */
export { Backlog } from './backlog.js';
export type { Part } from './dependencies.js';
export { ErrorReports } from './errors/error-reports.js';
export { operationsPages } from './operations-pages.js';
export { pagePolicy, reportPage } from './page.js';
export type { OperatorsReport } from './report.js';
export { Watch } from './watch.js';
export { WatchModule } from './watch.module.js';
