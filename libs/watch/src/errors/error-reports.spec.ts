import { createLogger, metricsText, parseScrape, readConfig, type Config } from '@app/platform';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { startEnvelopeReceiver, type EnvelopeReceiver } from '../../../../test/harness/envelopes.js';
import { ErrorReports } from './error-reports.js';

let sentry: EnvelopeReceiver;
beforeAll(async () => {
  sentry = await startEnvelopeReceiver();
});
afterAll(() => sentry.close());
beforeEach(() => {
  sentry.events.length = 0;
  sentry.texts.length = 0;
});

const keyring = `spec:${'5'.repeat(64)}`;
function configured(dsn: string | undefined): Config {
  return readConfig({
    DATABASE_URL: 'postgres://',
    REDIS_URL: 'redis://',
    TOKEN_KEYS: keyring,
    MEDIA_KEYS: keyring,
    ...(dsn === undefined ? {} : { SENTRY_DSN: dsn }),
  });
}

async function reporting(dsn: string | undefined = sentry.dsn): Promise<ErrorReports> {
  const errors = new ErrorReports(configured(dsn), createLogger('spec', 'silent'), 'api');
  await errors.start();
  return errors;
}

const counted = (outcome: string): number =>
  parseScrape(metricsText())
    .get('narwhal_errors_reported_total')
    ?.find(({ labels }) => labels['outcome'] === outcome)?.value ?? 0;

test('without a DSN errors are counted and go nowhere', async () => {
  const before = counted('off');
  const errors = await reporting('');
  errors.report(new Error('a bug'));
  await errors.stop();
  expect([counted('off') - before, sentry.events.length]).toEqual([1, 0]);
});

test('an error arrives with its place and what happened before, without what people typed', async () => {
  const errors = await reporting();
  errors.note('store', 'redis is down', 'warning');
  errors.report(new Error('no row for ada@example.org'), { route: '/v1/feed', userId: '5', requestId: 'r1' });
  await errors.stop();
  expect(sentry.events).toMatchObject([
    {
      tags: { program: 'api', route: '/v1/feed', request_id: 'r1' },
      user: { id: '5' },
      exception: { values: [{ type: 'Error', value: 'no row for [email]' }] },
      breadcrumbs: [{ category: 'store', message: 'redis is down' }],
    },
  ]);
  expect(sentry.texts.join()).not.toContain('ada@');
});

test('equal errors are sent ten times a minute at most; stores that are away are no errors', async () => {
  const errors = await reporting();
  const [reported, dropped] = [counted('reported'), counted('dropped')];
  const bug = (text: number) => new TypeError(`bug ${text}`);
  for (let time = 0; time < 14; time += 1) errors.report(bug(time));
  errors.report(Object.assign(new Error('connect'), { code: 'ECONNREFUSED' }));
  await errors.stop();
  expect([counted('reported') - reported, counted('dropped') - dropped]).toEqual([10, 4]);
  expect(sentry.events).toHaveLength(10);
});
