import request from 'supertest';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { refused } from './harness/answers.js';
import { startEnvelopeReceiver, type EnvelopeReceiver } from './harness/envelopes.js';
import { signUp, PASSWORD, type Person } from './harness/people.js';
import { drawn } from './harness/pictures.js';
import { startStack, type Stack } from './harness/stack.js';
import { patient } from './harness/pace.js';

let sentry: EnvelopeReceiver;
let stack: Stack;
let ada: Person;

beforeAll(async () => {
  sentry = await startEnvelopeReceiver();
  stack = await startStack({ env: { SENTRY_DSN: sentry.dsn, SENTRY_ENVIRONMENT: 'tests' } });
  ada = await signUp(stack, 'ada');
});
afterAll(async () => {
  await stack.stop();
  await sentry.close();
});

/** Makes every `event` on a table fail with this message, as an unforeseen error. */
async function plant(
  table: string,
  event: 'INSERT' | 'UPDATE OF attempt',
  words: string,
): Promise<() => Promise<unknown>> {
  const name = `planted_${table}`;
  await stack.database.query(
    `CREATE FUNCTION ${name}() RETURNS trigger LANGUAGE plpgsql AS $body$ BEGIN RAISE EXCEPTION '%', $words$${words}$words$; END $body$`,
  );
  await stack.database.query(
    `CREATE TRIGGER ${name} BEFORE ${event} ON ${table} FOR EACH ROW EXECUTE FUNCTION ${name}()`,
  );
  return () => stack.database.query(`DROP FUNCTION ${name} CASCADE`);
}

const collect = (name: string) => ada.request('post', '/v1/me/collections', { name });
const forgotten = () => sentry.events.splice(0);

describe('an error that nobody foresaw', () => {
  test('is told with its request, and with nothing that is anybody’s', async () => {
    const { accessToken, refreshToken } = ada.session;
    const secrets = [
      'ada@example.org',
      accessToken,
      refreshToken,
      PASSWORD,
      'My secret plans',
      '203.0.113.7',
    ];
    const words = `it broke for ada@example.org at 203.0.113.7 with "${accessToken}", refresh ${refreshToken}, password='${PASSWORD}'`;
    const mend = await plant('collections', 'INSERT', words);
    const answer = await collect('My secret plans')
      .set('X-Forwarded-For', '203.0.113.7')
      .set('Cookie', `sid=${PASSWORD}`);
    const { requestId } = refused(answer, 500, 'internal_error');
    await expect.poll(() => sentry.events, { timeout: patient(10_000) }).toHaveLength(1);
    await mend();
    const [event] = forgotten();
    expect(event).toMatchObject({
      release: expect.stringMatching(/^narwhal@\d+\.\d+\.\d+/) as string,
      environment: 'tests',
      tags: { program: 'api', request_id: requestId, route: '/v1/me/collections', method: 'POST' },
      user: { id: ada.id },
      exception: {
        values: [{ type: 'DatabaseError', value: expect.stringContaining('it broke for [email]') as string }],
      },
    });
    const files = event?.exception.values[0]?.stacktrace.frames.map(({ filename }) => filename).join('\n');
    expect(files, 'frames name the sources, not what was built of them').toMatch(/saves\.ts/);
    for (const secret of secrets) expect(sentry.texts.join('\n')).not.toContain(secret);
    for (const secret of secrets.slice(0, 4)) expect(stack.api.log()).not.toContain(secret);
  });

  test('in the worker is told with its job', async () => {
    const mend = await plant('photos', 'UPDATE OF attempt', 'the worker broke');
    const { id } = await ada.send(await drawn({ seed: 41 })).catch(async (error: unknown) => {
      await mend();
      throw error;
    });
    await expect.poll(() => sentry.events.length, { timeout: patient(10_000) }).toBeGreaterThan(0);
    await mend();
    const event = forgotten().find(({ tags }) => tags['program'] === 'worker');
    expect(event).toMatchObject({
      tags: { job: 'develop' },
      contexts: { job: { queue: 'develop' } },
    });
    expect(await ada.settled({ id })).toMatchObject({ state: 'ready' });
    forgotten();
  });
});

describe('what is no error', () => {
  test('is not told: refusals, and stores that are away', async () => {
    await request(stack.url).get('/v1/nothing').expect(404);
    await request(stack.url).get('/v1/feed').expect(401);
    await ada.request('post', '/v1/posts', { photoIds: [] }).expect(422);
    await request(stack.url)
      .post('/v1/users')
      .set('Content-Type', 'application/json')
      .send('{"password": "x')
      .expect(400);
    await stack.redis.stop();
    await ada.request('get', '/v1/feed').expect(200);
    await stack.redis.start();
    const mend = await plant('collections', 'INSERT', 'the last one');
    await collect('One more');
    await expect.poll(() => sentry.events.length, { timeout: patient(10_000) }).toBeGreaterThan(0);
    await mend();
    expect(forgotten().map(({ exception }) => exception.values[0]?.value)).toEqual(['the last one']);
  });
});

describe('a Sentry', () => {
  test('that does not answer delays no request, and the same error a hundred times is told a few times', async () => {
    sentry.hold(true);
    const mend = await plant('collections', 'INSERT', 'again and again');
    for (let index = 0; index < 60; index += 1)
      refused(await collect(`Number ${index}`), 500, 'internal_error');
    await mend();
    await collect('And on').expect(201);
    expect(sentry.events.length).toBeLessThanOrEqual(10);
    sentry.hold(false);
    forgotten();
  });

  test('that is away breaks nothing', async () => {
    const api = await stack.guest({ SENTRY_DSN: 'http://public@127.0.0.1:9/42' });
    const mend = await plant('collections', 'INSERT', 'nobody hears');
    const sent = () =>
      request(api.url)
        .post('/v1/me/collections')
        .set('Authorization', `Bearer ${ada.session.accessToken}`)
        .send({ name: 'Unheard' });
    for (let index = 0; index < 5; index += 1) refused(await sent(), 500, 'internal_error');
    await mend();
    await sent().expect(201);
    const { text } = await request(api.metricsUrl).get('');
    expect(text).toMatch(/narwhal_errors_reported_total\{outcome="reported"\} 5/);
  });

  test('that was spelt wrong is said at the start, with all others who are told of a process', async () => {
    const wrong = {
      SENTRY_DSN: 'sentry.example.org/42',
      PAGERDUTY_ROUTING_KEY: 'too short',
      OTEL_EXPORTER_OTLP_ENDPOINT: 'collector:4318',
    };
    const said = await stack.guest(wrong).then(
      () => 'it started',
      (error: unknown) => String(error),
    );
    expect(said).toContain('the configuration has 3 problem(s)');
    expect(said).toMatch(/SENTRY_DSN: expected https:\/\/<key>@<host>/);
    expect(said).toContain('PAGERDUTY_ROUTING_KEY: expected the 32 characters');
    expect(said).toContain('OTEL_EXPORTER_OTLP_ENDPOINT: ');
  });
});
