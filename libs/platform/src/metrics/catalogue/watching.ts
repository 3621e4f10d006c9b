import { syntheticSteps } from '../../synthetic-checks.js';
import { workBuckets, type Metric } from '../entry.js';

/** The monitoring itself, and the probes from outside. */
export const watching = {
  up: {
    kind: 'gauge',
    part: 'watching',
    means: 'Whether Prometheus reaches a process: 1 or 0.',
    across: 'each',
    from: 'prober',
    shows: {
      up: {
        title: 'Processes that answer',
        unit: 'count',
        read: { as: 'value', where: { job: 'narwhal.*' } },
        normal: [1, 1],
        levels: {
          alert: 'ProcessIsDown',
          critical: 1,
          below: true,
          lasting: 5,
          says: '{process} does not answer',
        },
      },
    },
  },
  probe_success: {
    kind: 'gauge',
    part: 'watching',
    means: 'Whether the outside prober is served: 1 or 0; by DNS and TLS, a real small read.',
    across: 'each',
    from: 'prober',
    shows: {
      site: {
        title: 'The site, from outside',
        unit: 'count',
        read: { as: 'value', where: { job: 'site' } },
        normal: [1, 1],
        levels: {
          alert: 'SiteIsDown',
          critical: 1,
          below: true,
          lasting: 2,
          says: 'the site is down, seen from outside: {instance}',
        },
      },
      dns: {
        title: 'The name, from outside',
        unit: 'count',
        read: { as: 'value', where: { job: 'dns' } },
        normal: [1, 1],
        levels: {
          alert: 'NameIsGone',
          critical: 1,
          below: true,
          lasting: 10,
          says: "the site's name is not answered by {instance}",
        },
      },
    },
  },
  probe_ssl_earliest_cert_expiry: {
    kind: 'gauge',
    part: 'watching',
    means: 'When the first certificate of the chain expires, in Unix time.',
    across: 'each',
    from: 'prober',
    shows: {
      certificate: {
        title: 'Certificate still valid for',
        unit: 'seconds',
        read: { as: 'until' },
        normal: [30 * 86_400, 400 * 86_400],
        levels: {
          alert: 'CertificateExpires',
          warning: 21 * 86_400,
          critical: 5 * 86_400,
          below: true,
          lasting: 10,
          says: 'the certificate of {instance} is valid for {value} only',
        },
      },
    },
  },
  narwhal_visit_ok: {
    kind: 'gauge',
    part: 'watching',
    means:
      'Whether the last visit of the synthetic person got through a step: 1 or 0; absent for what it did not come to.',
    labels: { step: syntheticSteps },
    across: 'each',
    shows: {
      visit: {
        title: 'The synthetic person, from outside',
        unit: 'count',
        read: { as: 'value', by: 'step' },
        normal: [1, 1],
        levels: {
          alert: 'VisitFails',
          critical: 1,
          below: true,
          lasting: 70,
          says: 'a synthetic person is not served: {step} fails',
        },
      },
    },
  },
  narwhal_visit_seconds: {
    kind: 'histogram',
    part: 'watching',
    means: 'What the synthetic person takes for each step of a visit, by the public address.',
    labels: { step: syntheticSteps },
    buckets: workBuckets,
    shows: {
      visit_p95: {
        title: 'Steps of the synthetic person, 95th percentile',
        unit: 'seconds',
        read: { as: 'quantile', q: 0.95, by: 'step' },
        normal: [0.01, 3],
      },
    },
  },
  narwhal_incidents_total: {
    kind: 'counter',
    part: 'watching',
    means: 'Events that this process itself sent to PagerDuty, by outcome; `kept` ones are sent later.',
    labels: { outcome: ['sent', 'kept', 'refused'] },
    shows: {
      incidents: {
        title: 'Events sent to PagerDuty',
        unit: 'events',
        read: { as: 'rate', per: 'minute', by: 'outcome' },
        normal: [0, 0],
      },
    },
  },
  narwhal_errors_reported_total: {
    kind: 'counter',
    part: 'watching',
    means: 'Unforeseen errors, by whether they were given to Sentry.',
    labels: { outcome: ['reported', 'dropped', 'off'] },
    shows: {
      errors_reported: {
        title: 'Unforeseen errors',
        unit: 'events',
        read: { as: 'rate', per: 'minute', by: 'outcome' },
        normal: [0, 0],
      },
    },
  },
  narwhal_spans_total: {
    kind: 'counter',
    part: 'watching',
    means:
      'Spans of traces, by what became of them: `failed` ones the receiver did not take, `dropped` ones were too many to wait for it.',
    labels: { outcome: ['sent', 'failed', 'dropped'] },
    shows: {
      spans: {
        title: 'Spans of traces',
        unit: 'events',
        read: { as: 'rate', per: 'second', by: 'outcome' },
        normal: 'none unless traces are on',
      },
    },
  },
  narwhal_series_refused_total: {
    kind: 'counter',
    part: 'watching',
    means: 'Observations whose labels would have made too many series: a fault in the code.',
    shows: {
      series_refused: {
        title: 'Series refused',
        unit: 'events',
        read: { as: 'rate', per: 'minute' },
        normal: [0, 0],
      },
    },
  },
} as const satisfies Record<string, Metric>;
