import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { metrics } from './catalogue.js';
import { runbookOf } from './words.js';

const root = new URL('../../../../', import.meta.url);
const read = (file: string): string => readFileSync(new URL(file, root), 'utf8');

const alerts = [
  ...metrics.flatMap(([, { shows }]) =>
    Object.values(shows).flatMap(({ levels }) => (levels ? [levels.alert] : [])),
  ),
  // Reported by a process itself, since nothing else can: libs/watch/src/watchers.ts.
  'WatcherIsAway',
];

describe('runbooks', () => {
  it.each(alerts)('%s says what it means, what to look at and what to do', (alert) => {
    const text = read(runbookOf(alert));
    expect(text.startsWith(`# ${alert}\n`)).toBe(true);
    const sections = ['What it means', 'What to look at', 'What to do'];
    for (const heading of sections) {
      const section = text.split(`\n## ${heading}\n`)[1]?.split('\n## ')[0]?.trim() ?? '';
      expect(`${heading}: ${section}`).toMatch(/^.{40}/s);
    }
  });

  it('there are none for alerts that are gone, and their links lead somewhere', () => {
    const files = readdirSync(new URL('docs/runbooks', root));
    expect(files.map((file) => file.replace(/\.md$/, '')).sort()).toEqual([...alerts].sort());
    const linked = files.flatMap((file) => [...read(`docs/runbooks/${file}`).matchAll(/\]\(([^)]+)\)/g)]);
    for (const [, target = ''] of linked) expect(files).toContain(target);
  });
});

/** `npm run check:watching` compares whole files; this names the missing metric. */
describe('everything made from the catalogue', () => {
  const page = read('docs/metrics.md');
  const dashboard = JSON.parse(read('infra/grafana/narwhal.json')) as { panels: { title: string }[] };
  const rules = read('infra/alerts/narwhal.rules.yml');

  it.each(metrics)('has %s', (name, { shows }) => {
    expect(page).toContain(`### \`${name}\``);
    for (const { title, levels } of Object.values(shows)) {
      expect(dashboard.panels.map((panel) => panel.title)).toContain(title);
      if (levels) expect(rules).toContain(`alert: ${levels.alert}\n`);
    }
  });
});
