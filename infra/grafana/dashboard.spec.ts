import { describe, expect, test } from 'vitest';
import { dashboard } from './dashboard.js';

interface Told {
  uid: string;
  schemaVersion: number;
  templating: { list: { name: string; type: string }[] };
  panels: {
    id: number;
    type: string;
    gridPos: { x: number; y: number; w: number; h: number };
    datasource?: { uid: string };
    fieldConfig?: { defaults: { thresholds: { steps: { value: number | null }[] } } };
    targets?: { refId: string; expr: string }[];
  }[];
}

/** Grafana's requirements on a dashboard beyond its schema's types, which the compiler checks. */
describe('the dashboard', () => {
  const told = JSON.parse(dashboard()) as Told;
  const graphs = told.panels.filter(({ type }) => type === 'timeseries');

  test('has panels of an id each, none upon another, within 24 columns', () => {
    expect(new Set(told.panels.map(({ id }) => id)).size).toBe(told.panels.length);
    const taken = new Set<string>();
    for (const { gridPos } of told.panels) {
      expect(gridPos.x + gridPos.w).toBeLessThanOrEqual(24);
      for (let x = gridPos.x; x < gridPos.x + gridPos.w; x += 1) {
        for (let y = gridPos.y; y < gridPos.y + gridPos.h; y += 1) {
          expect(taken.has(`${x} ${y}`)).toBe(false);
          taken.add(`${x} ${y}`);
        }
      }
    }
  });

  test('asks the source that its variable names', () => {
    const [source] = told.templating.list;
    expect(source).toMatchObject({ type: 'datasource' });
    for (const { datasource, targets = [] } of graphs) {
      expect(datasource?.uid).toBe(`\${${source?.name}}`);
      expect(targets.map(({ refId, expr }) => [refId, expr.length > 0])).toEqual([['A', true]]);
    }
  });

  test('shows the five worst processes of each role, and no line for each of a hundred', () => {
    const each = graphs
      .flatMap(({ targets = [] }) => targets)
      .filter(({ expr }) => /process_resident|loop/.test(expr));
    expect(each.map(({ expr }) => expr)).toEqual([
      'topk by (job) (5, narwhal_process_resident_memory_bytes)',
      'topk by (job) (5, narwhal_nodejs_eventloop_lag_seconds)',
    ]);
  });

  test('has thresholds that rise, the first from below', () => {
    for (const { fieldConfig } of graphs) {
      const [first, ...others] = fieldConfig?.defaults.thresholds.steps.map(({ value }) => value) ?? [];
      expect(first).toBeNull();
      expect(others).toEqual(others.toSorted((a, b) => Number(a) - Number(b)));
    }
  });
});
