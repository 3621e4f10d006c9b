import { metrics } from '../../libs/platform/src/metrics/index.js';

/** The alert of a view by its name in the catalogue; its runbook says what to do. */
export function alertOf(view: string): string | undefined {
  for (const [, { shows }] of metrics) {
    const found = shows[view]?.levels?.alert;
    if (found !== undefined) return found;
  }
  return undefined;
}
