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
