import { inPart, requestBuckets } from '../entry.js';

/** The api's answers, and their speed. */
export const requests = inPart('requests', {
  narwhal_http_request_seconds: {
    kind: 'histogram',
    means: 'HTTP requests by route, method and status.',
    labels: {
      route: 'the declared endpoints, and `none`',
      method: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'other'],
      status: 'the statuses that the api answers',
    },
    buckets: requestBuckets,
    shows: {
      requests: {
        title: 'Requests',
        unit: 'requests',
        read: { as: 'rate', per: 'second' },
        normal: 'as many as there are people',
      },
      request_errors: {
        title: 'Requests that failed (5xx)',
        unit: 'share',
        read: { as: 'share', where: { status: '5..' }, atLeast: 20 },
        normal: [0, 0.001],
        levels: {
          alert: 'RequestsFail',
          warning: 0.01,
          critical: 0.05,
          lasting: 60,
          says: '{value} of requests fail',
        },
      },
      request_p95: {
        title: 'Reads, 95th percentile',
        unit: 'seconds',
        read: { as: 'quantile', q: 0.95, where: { method: 'GET', route: '/v1/.*' }, atLeast: 20 },
        normal: [0.002, 0.1],
        levels: {
          alert: 'RequestsAreSlow',
          warning: 0.5,
          critical: 1.5,
          lasting: 120,
          says: 'one read in twenty takes longer than {value}',
        },
      },
    },
  },
  narwhal_rate_limited_total: {
    kind: 'counter',
    means: 'Requests refused for their rate, by policy.',
    labels: {
      policy: ['read', 'write', 'upload', 'refresh', 'signIn', 'signUp', 'reset', 'guess', 'unknown'],
    },
    shows: {
      rate_limited: {
        title: 'Requests refused for their rate',
        unit: 'requests',
        read: { as: 'rate', per: 'second', by: 'policy' },
        normal: [0, 1],
        levels: {
          alert: 'ManyAreRefused',
          warning: 50,
          lasting: 300,
          says: '{value} requests a second are refused for their rate',
        },
      },
    },
  },
  narwhal_query_seconds: {
    kind: 'histogram',
    means: 'SQL statements by name, with the wait for a connection.',
    labels: { query: 'the names of statements in libs/storage' },
    buckets: requestBuckets,
    shows: {
      queries: {
        title: 'SQL statements',
        unit: 'events',
        read: { as: 'rate', per: 'second' },
        normal: 'some two to ten a request that writes, none to two a feed page',
      },
      query_p95: {
        title: 'SQL statements, 95th percentile',
        unit: 'seconds',
        read: { as: 'quantile', q: 0.95, atLeast: 20 },
        normal: [0.0005, 0.02],
        levels: {
          alert: 'PostgresIsSlow',
          warning: 0.25,
          critical: 1,
          lasting: 60,
          says: 'one SQL statement in twenty takes longer than {value}',
        },
      },
    },
  },
  narwhal_query_failures_total: {
    kind: 'counter',
    means: 'SQL statements that failed, by name; conflicts that the code expects count, too.',
    labels: { query: 'the names of statements in libs/storage' },
    shows: {
      query_failures: {
        title: 'SQL statements that failed',
        unit: 'events',
        read: { as: 'rate', per: 'second' },
        normal: [0, 0.1],
      },
    },
  },
});
