import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { OtlpReceiver } from '../../../../test/harness/otlp.js';
import { openOtlp, type OtlpRecorder } from './otlp.js';

let collector: OtlpReceiver;
beforeAll(async () => {
  collector = await OtlpReceiver.start();
});
afterAll(() => collector.stop());
beforeEach(() => {
  collector.become('take');
  collector.spans.length = 0;
});

const outcomes: string[] = [];
const recorder = (ratio: number): OtlpRecorder =>
  openOtlp({
    endpoint: collector.url,
    headers: {},
    ratio,
    process: { 'service.name': 'narwhal-spec' },
    onOutcome: (outcome, spans) => outcomes.push(`${outcome} ${spans}`),
  });

const TRACE = '0af7651916cd43dd8448eb211c80319c';
const parent = (flags: string) => `00-${TRACE}-b7ad6b7169203331-${flags}`;

test('a trace that is recorded elsewhere is continued, one that is not is not, whatever the share', async () => {
  const none = recorder(0);
  expect(none.first('request', 'GET /v1/feed', null)).toBeNull();
  expect(recorder(1).first('request', 'GET /v1/feed', parent('00'))).toBeNull();
  const span = none.first('request', 'GET /v1/feed', parent('01'));
  expect(span?.traceparent).toMatch(new RegExp(`^00-${TRACE}-[0-9a-f]{16}-01$`));
  span?.end();
  await none.stop();
  expect(collector.spans).toMatchObject([
    { traceId: TRACE, parentSpanId: 'b7ad6b7169203331', name: 'GET /v1/feed', kind: 'server' },
  ]);
});

test.each([`00-${'0'.repeat(32)}-b7ad6b7169203331-01`, `ff-${TRACE}-b7ad6b7169203331-01`, 'nonsense'])(
  'an invalid traceparent begins a trace of its own: %s',
  async (header) => {
    expect(recorder(0).first('request', 'GET /', header)).toBeNull();
    const own = recorder(1).first('request', 'GET /', header);
    expect(own?.traceId).not.toBe(TRACE);
    expect(own?.isOpen).toBe(true);
  },
);

test('a trace has 500 spans in a process at most, and errors show their type alone', async () => {
  const all = recorder(1);
  const root = all.first('work', 'sweep', null);
  if (!root) throw new Error('expected a span but received none');
  const made = Array.from({ length: 600 }, () => all.child('sql', 'posts.find', root));
  expect(made.filter((span) => span !== null)).toHaveLength(500);
  made[0]?.end(new TypeError('of ada@example.org'));
  root.end();
  await all.stop();
  expect(collector.spans).toMatchObject([
    {
      name: 'posts.find',
      failed: true,
      attributes: { 'error.type': 'TypeError', 'db.query.summary': 'posts.find' },
    },
    { name: 'sweep', failed: false },
  ]);
});

test('spans that a collector refuses are counted as failed, and stopping does not throw', async () => {
  collector.become('refuse');
  const all = recorder(1);
  all.first('work', 'sweep', null)?.end();
  outcomes.length = 0;
  await all.stop();
  expect(outcomes).toEqual(['failed 1']);
});
