import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { Application } from './harness/application.js';
import { OtlpReceiver, type ReceivedSpan } from './harness/otlp.js';
import { PASSWORD, signUp, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

const patience = { timeout: patient(50_000), interval: 50 };
const TRACE = '4bf92f3577b34da6a3ce929d0e0e4736';
const PARENT = '00f067aa0ba902b7';

let receiver: OtlpReceiver;
let stack: Stack;
let ada: Person;

beforeAll(async () => {
  receiver = await OtlpReceiver.start();
  stack = await startStack({
    env: {
      OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url,
      OTEL_EXPORTER_OTLP_HEADERS: 'authorization=Bearer%20collector',
      OTEL_TRACES_SAMPLER_ARG: '1',
      // A sweep that finds the photo before its job comes develops it in no trace.
      SWEEP_INTERVAL: '60000',
    },
  });
  ada = await signUp(stack, 'ada');
});
afterAll(async () => {
  await stack.stop();
  await receiver.stop();
});

const named = (spans: readonly ReceivedSpan[], name: string): ReceivedSpan => {
  const span = spans.find((one) => one.name === name);
  if (!span) throw new Error(`expected a span ${name} among ${spans.map((one) => one.name).join(', ')}`);
  return span;
};

/** All spans of a request's trace, once it contains those of these names: each process sends its own, in batches. */
function traceWith(requestId: string, ...names: string[]): Promise<ReceivedSpan[]> {
  return vi.waitFor(() => {
    const root = receiver.spans.find(({ attributes }) => attributes['narwhal.request_id'] === requestId);
    const found = receiver.spans.filter(({ traceId }) => traceId === root?.traceId);
    for (const name of names) named(found, name);
    return found;
  }, patience);
}

describe('the trace of an upload', () => {
  let spans: ReceivedSpan[];

  beforeAll(async () => {
    const { headers } = await ada
      .request('post', '/v1/photos')
      .set('user-agent', 'PlantedAgent/1.0')
      .attach('file', (await drawn()).bytes, { filename: 'planted-name.jpg', contentType: 'image/jpeg' })
      .expect(202);
    const names = ['POST /v1/photos', 'send develop', 'process develop', 'develop.settle'];
    spans = await traceWith(String(headers['x-request-id']), ...names);
  });

  test('spans api and worker, from the request through the queue to each step', () => {
    const server = named(spans, 'POST /v1/photos');
    expect(server).toMatchObject({
      service: 'narwhal-api',
      kind: 'server',
      parentSpanId: '',
      failed: false,
      attributes: {
        'http.request.method': 'POST',
        'http.route': '/v1/photos',
        'http.response.status_code': 202,
      },
    });
    const sent = named(spans, 'send develop');
    expect(sent).toMatchObject({
      service: 'narwhal-api',
      kind: 'producer',
      parentSpanId: server.spanId,
      attributes: { 'messaging.destination.name': 'develop' },
    });
    const worked = named(spans, 'process develop');
    expect(worked).toMatchObject({
      service: 'narwhal-worker',
      kind: 'consumer',
      parentSpanId: sent.spanId,
    });
    for (const step of ['develop.original', 'develop.renditions', 'develop.store', 'develop.settle'])
      expect(named(spans, step)).toMatchObject({ service: 'narwhal-worker', parentSpanId: worked.spanId });
  });

  test('has SQL by its name and not its text, and every span but the first has its parent', () => {
    const sql = spans.filter(({ attributes }) => attributes['db.system.name'] === 'postgresql');
    expect(sql.length).toBeGreaterThan(4);
    for (const { name, kind, attributes } of sql) {
      expect(kind).toBe('client');
      expect(attributes).toEqual({ 'db.system.name': 'postgresql', 'db.query.summary': name });
      expect(name).not.toMatch(/select|insert into|update .* set/i);
    }
    const ids = new Set(spans.map(({ spanId }) => spanId));
    const orphans = spans.filter(({ parentSpanId }) => parentSpanId !== '' && !ids.has(parentSpanId));
    expect(orphans).toEqual([]);
  });
});

test("a post's delivery belongs to the trace of the request that published it, and so do Redis's commands", async () => {
  const photo = await ada.upload(await drawn());
  await stack.quiet();
  const { headers } = await ada
    .request('post', '/v1/posts')
    .send({ photoIds: [photo.id], caption: 'Planted caption' })
    .expect(201);
  const spans = await traceWith(String(headers['x-request-id']), 'process deliver');
  const delivery = named(spans, 'process deliver');
  const steps = spans.filter(({ parentSpanId }) => parentSpanId === delivery.spanId);
  expect(named(steps, 'feed-insert')).toMatchObject({ service: 'narwhal-worker', kind: 'client' });
});

test('nothing in a trace says who somebody is or what they wrote', () => {
  const all = receiver.texts.join('\n');
  expect(receiver.spans.length).toBeGreaterThan(20);
  const planted = ['PlantedAgent', 'planted-name', 'Planted caption', PASSWORD, '127.0.0.1', 'Bearer'];
  for (const secret of [...planted, 'ada@', ada.id, ada.session.accessToken])
    expect(all).not.toContain(secret);
});

test('what arrives is well formed, and let in by its header', () => {
  expect(receiver.faults).toEqual([]);
  expect([...receiver.credentials]).toEqual(['Bearer collector']);
});

describe('which requests are traced', () => {
  let plain: Application;
  let proxied: Application;

  beforeAll(async () => {
    const never = { OTEL_TRACES_SAMPLER_ARG: '0' };
    [plain, proxied] = await Promise.all([
      stack.guest(never),
      stack.guest({ ...never, TRUSTED_PROXIES: '127.0.0.0/8' }),
    ]);
  });

  const ask = (api: Application, requestId: string, flags: string) =>
    request(api.url)
      .get('/v1/instance')
      .set({ 'x-request-id': requestId, traceparent: `00-${TRACE}-${PARENT}-${flags}` })
      .expect(200);

  test("a proxy of ours says; a stranger's header, and one that says no, change nothing", async () => {
    await ask(plain, 'of-a-stranger', '01');
    await ask(proxied, 'that-says-no', '00');
    await ask(proxied, 'of-our-proxy', '01');
    const spans = await traceWith('of-our-proxy', 'GET /v1/instance');
    expect(named(spans, 'GET /v1/instance')).toMatchObject({ traceId: TRACE, parentSpanId: PARENT });
    expect(spans.filter(({ kind }) => kind === 'server')).toHaveLength(1);
    const log = proxied.log().split('\n');
    expect(log.find((line) => line.includes('of-our-proxy'))).toContain(`"traceId":"${TRACE}"`);
    expect(log.find((line) => line.includes('that-says-no'))).not.toContain('traceId');
  });
});

describe('a receiver that is away', () => {
  const spans = async (outcome: string): Promise<number> => {
    const { text } = await request(stack.api.metricsUrl).get('');
    return Number(
      new RegExp(`^narwhal_spans_total\\{outcome="${outcome}"\\} (\\d+)$`, 'm').exec(text)?.[1] ?? 0,
    );
  };

  test('delays nobody: its spans are counted as lost, and the log says so once', async () => {
    receiver.become('hold');
    for (let count = 0; count < 40; count += 1) await ada.request('get', '/v1/feed').expect(200);
    receiver.become('refuse');
    await expect.poll(() => spans('failed'), patience).toBeGreaterThan(0);
    for (let count = 0; count < 40; count += 1) await ada.request('get', '/v1/feed').expect(200);
    const told = () => stack.api.log().split('does not accept traces').length - 1;
    await expect.poll(told, patience).toBe(1);
    receiver.become('take');
    await expect
      .poll(async () => {
        await ada.request('get', '/v1/feed').expect(200);
        return stack.api.log();
      }, patience)
      .toContain('the receiver accepts traces again');
    expect(told()).toBe(1);
  });

  test('does not keep a process from ending', async () => {
    receiver.become('hold');
    await ada.request('get', '/v1/feed').expect(200);
    await stack.api.stop();
    expect(stack.api.log()).toContain('the api has stopped');
    receiver.become('take');
  });
});
