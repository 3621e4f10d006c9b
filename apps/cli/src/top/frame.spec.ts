import { stripVTControlCharacters } from 'node:util';
import { parseScrape } from '@app/platform/metrics';
import { expect, test } from 'vitest';
import { frame, type Told } from './frame.js';

const route = (le: string, count: number) =>
  `narwhal_http_request_seconds_bucket{route="/v1/me/collections/:id/posts/:postId/and/more/of/it",method="DELETE",status="200",le="${le}"} ${count}`;
const scrape = (count: number) =>
  parseScrape(
    [
      ...['0.005', '30', '+Inf'].map((le) => route(le, le === '0.005' ? 0 : count)),
      `narwhal_http_request_seconds_count{route="/v1/feed",method="GET",status="200"} ${count}`,
      `process_resident_memory_bytes ${count}`,
    ].join('\n'),
  );

const told: Told = {
  status: 'schema_behind',
  processes: ['api', 'api', 'worker'].map((kind) => ({ kind, living: true })),
  sentences: [
    { level: 'critical', text: 'PostgreSQL at 127.0.0.1:5432 does not answer any process. '.repeat(4) },
  ],
};

test('a frame fits 80 x 24, and says whose figures it shows', () => {
  const screen = { rows: 24, columns: 80, address: '127.0.0.1:9464' };
  const span = { before: scrape(0), after: scrape(123_456_789_012), seconds: 2 };
  const lines = stripVTControlCharacters(frame(span, told, new Map(), screen)).split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.length).toBeLessThan(24);
  expect(lines[1]).toBe('Sum or worst of all processes known to 127.0.0.1:9464: 2 api, 1 worker');
  expect(lines.filter((line) => line.includes('PostgreSQL at')).length).toBeGreaterThan(1);
});

test('a hundred processes fit, too: the worst of each role by its name, and the worst sentences', () => {
  const names = Array.from(
    { length: 110 },
    (_, index) => `${index < 100 ? 'api' : 'worker'}@10.0.0.9:${1000 + index}`,
  );
  const of = (series: string, value: (index: number) => number) =>
    names.map((name, index) => `${series}{process="${name}"} ${value(index)}`);
  const found = parseScrape(
    [
      ...of('narwhal_process_resident_memory_bytes', (index) => 1e8 + (index === 41 ? 5e7 : index)),
      ...of('narwhal_nodejs_eventloop_lag_seconds', (index) => (index === 104 ? 0.3 : 0.001)),
    ].join('\n'),
  );
  const hundred: Told = {
    status: 'ready',
    processes: names.map((name) => ({ kind: name.split('@')[0] ?? '', living: true })),
    sentences: names.map((name) => ({ level: 'warning', text: `The ${name} has sent no heartbeat.` })),
  };
  const screen = { rows: 24, columns: 80, address: '10.0.0.9:9464' };
  const shown = frame({ before: found, after: found, seconds: 2 }, hundred, new Map(), screen);
  const lines = stripVTControlCharacters(shown).split('\n');
  expect(lines.filter((line) => line.length > 80)).toEqual([]);
  expect(lines.length).toBeLessThan(24);
  expect(lines[1]).toContain('100 api, 10 worker');
  expect(lines.filter((line) => line.includes('no heartbeat')).length).toBe(5);
  expect(shown).toContain('105 more lines: http://10.0.0.9:9464/health');
  expect(shown).toMatch(/api@10.0.0.9:1041 Memory +150 MB/);
  expect(shown).toMatch(/worker@10.0.0.9:1109 Memory +100 MB/);
});
