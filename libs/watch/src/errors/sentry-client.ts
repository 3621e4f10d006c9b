import {
  createStackParser,
  createTransport,
  Scope,
  type BaseTransportOptions,
  type ErrorEvent,
} from '@sentry/core';
import { nodeStackLineParser, ServerRuntimeClient } from '@sentry/core/server';
import { scrub } from '@app/platform';
import type { ErrorPlace } from './error-reports.js';

interface SentryOptions {
  dsn: string;
  release: string;
  environment: string;
  /** 0 to 1. */
  sampleRate: number;
  serverName: string;
  /** Receives the number of reports that were not accepted. */
  onDropped: (count: number) => void;
}

interface Circumstances {
  program: string;
  place: ErrorPlace;
  crumbs: readonly { timestamp: number; category: string; message: string; level: 'info' | 'warning' }[];
}

export interface SentryClient {
  send(error: unknown, circumstances: Circumstances): void;
  flush(milliseconds: number): PromiseLike<boolean>;
}

/** Reports that wait for a slow Sentry; more are dropped. */
const WAITING = 30;
/** After this a report is dropped; in milliseconds. */
const PATIENCE = 5_000;

/** `@sentry/core` leaves the sending to its SDKs. Spotlight requires the content type, Sentry accepts it. */
const transport = ({ url, headers, recordDroppedEvent }: BaseTransportOptions) =>
  createTransport({ bufferSize: WAITING, recordDroppedEvent }, async ({ body }) => {
    const response = await fetch(url, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/x-sentry-envelope' },
      body: typeof body === 'string' ? body : Buffer.from(body),
      signal: AbortSignal.timeout(PATIENCE),
    });
    await response.body?.cancel();
    return {
      statusCode: response.status,
      headers: {
        'retry-after': response.headers.get('retry-after'),
        'x-sentry-rate-limits': response.headers.get('x-sentry-rate-limits'),
      },
    };
  });

function pick<Object extends object, Name extends keyof Object>(
  object: Object,
  ...names: readonly Name[]
): Pick<Object, Name> {
  return Object.fromEntries(names.map((name) => [name, object[name]])) as Pick<Object, Name>;
}

/** An allowlist: the event is built from these fields rather than by removing others, so nothing new can slip through. */
function onlyWhatIsListed(event: ErrorEvent): ErrorEvent {
  const { contexts, user } = event;
  const values = event.exception?.values?.map(({ type, value = '', stacktrace, mechanism }) => ({
    type,
    value: scrub(value),
    mechanism,
    stacktrace: {
      frames: stacktrace?.frames?.map((frame) =>
        pick(frame, 'filename', 'function', 'lineno', 'colno', 'in_app', 'module'),
      ),
    },
  }));
  const breadcrumbs = event.breadcrumbs?.map((crumb) => ({
    ...pick(crumb, 'timestamp', 'category', 'level'),
    message: scrub(crumb.message ?? ''),
  }));
  return {
    ...pick(
      event,
      'event_id',
      'timestamp',
      'level',
      'platform',
      'release',
      'environment',
      'server_name',
      'tags',
    ),
    type: undefined,
    user: user?.id === undefined ? undefined : { id: user.id },
    contexts: { runtime: contexts?.['runtime'], job: contexts?.['job'] },
    exception: { values },
    breadcrumbs,
  };
}

/**
 * Sentry's core without its instrumentation: that of `@sentry/node` wraps http, pg and ioredis for everybody who has a DSN,
 * which costs each request time; errors need none of it. Stack frames name TypeScript's lines, since Node reads the source
 * maps.
 */
export function openSentry(options: SentryOptions): SentryClient {
  const client = new ServerRuntimeClient({
    ...options,
    platform: 'node',
    runtime: { name: 'node', version: process.version },
    integrations: [],
    stackParser: createStackParser(nodeStackLineParser()),
    transport,
    sendClientReports: false,
    beforeSend: (event) => onlyWhatIsListed(event),
  });
  client.on('afterSendEvent', (_, { statusCode }) => {
    if (statusCode === undefined || statusCode >= 400) options.onDropped(1);
  });
  client.init();
  return {
    send: (error, { program, place, crumbs }) => {
      const scope = new Scope();
      const { requestId, userId, route, method, job, payload } = place;
      scope.setTags({ program, request_id: requestId, route, method, job });
      if (userId !== undefined) scope.setUser({ id: userId });
      if (job !== undefined) scope.setContext('job', { queue: job, payload });
      for (const crumb of crumbs) scope.addBreadcrumb(crumb, crumbs.length);
      client.captureException(error, { mechanism: { handled: true, type: 'narwhal' } }, scope);
    },
    flush: (milliseconds) => client.flush(milliseconds),
  };
}
