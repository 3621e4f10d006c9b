import { syntheticSteps } from '../../heartbeats.js';
import { inPart, workBuckets } from '../entry.js';

/** The monitoring itself, and the probes from outside. */
export const watching = inPart('watching', {
  up: {
    kind: 'gauge',
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
    means: 'Whether a probe from outside succeeds: 1 or 0. It makes a small real read through DNS and TLS.',
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
          says: "{instance} does not answer for the site's name",
        },
      },
    },
  },
  probe_ssl_earliest_cert_expiry: {
    kind: 'gauge',
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
          says: 'the certificate of {instance} expires in {value}',
        },
      },
    },
  },
  narwhal_visit_ok: {
    kind: 'gauge',
    means:
      'Whether each step of the last synthetic check succeeded: 1 or 0; absent for steps that it did not reach.',
    labels: { step: syntheticSteps },
    across: 'each',
    shows: {
      visit: {
        title: 'Steps of the synthetic check that succeed',
        unit: 'count',
        read: { as: 'value', by: 'step' },
        normal: [1, 1],
        levels: {
          alert: 'VisitFails',
          critical: 1,
          below: true,
          lasting: 70,
          says: 'the synthetic check fails at the step {step}',
        },
      },
    },
  },
  narwhal_visit_seconds: {
    kind: 'histogram',
    means: 'Time of each step of the synthetic check, through the public address.',
    labels: { step: syntheticSteps },
    buckets: workBuckets,
    shows: {
      visit_p95: {
        title: 'Steps of the synthetic check, 95th percentile',
        unit: 'seconds',
        read: { as: 'quantile', q: 0.95, by: 'step' },
        normal: [0.01, 3],
      },
    },
  },
  narwhal_incidents_total: {
    kind: 'counter',
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
    means: 'Unexpected errors, by whether they were sent to Sentry.',
    labels: { outcome: ['reported', 'dropped', 'off'] },
    shows: {
      errors_reported: {
        title: 'Unexpected errors',
        unit: 'events',
        read: { as: 'rate', per: 'minute', by: 'outcome' },
        normal: [0, 0],
      },
    },
  },
  narwhal_spans_total: {
    kind: 'counter',
    means:
      'Spans of traces, by outcome: the receiver did not accept the `failed` ones; the `dropped` ones exceeded the limit on waiting spans.',
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
    means: 'Observations whose labels would have created too many series, which is a bug.',
    shows: {
      series_refused: {
        title: 'Series refused',
        unit: 'events',
        read: { as: 'rate', per: 'minute' },
        normal: [0, 0],
      },
    },
  },
});
