import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
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

/** On separate sockets, without keep-alive: reports are few. Spotlight requires the type, Sentry accepts it. */
function transport(options: BaseTransportOptions) {
  const url = new URL(options.url);
  const send = url.protocol === 'http:' ? httpRequest : httpsRequest;
  return createTransport({ ...options, bufferSize: WAITING }, ({ body }) => {
    return new Promise((settle, fail) => {
      const headers = { ...options.headers, 'content-type': 'application/x-sentry-envelope' };
      const request = send(url, { method: 'POST', headers, timeout: PATIENCE }, (response) => {
        response.resume();
        const text = (name: string) => String(response.headers[name] ?? '') || null;
        settle({
          statusCode: response.statusCode ?? 0,
          headers: {
            'retry-after': text('retry-after'),
            'x-sentry-rate-limits': text('x-sentry-rate-limits'),
          },
        });
      });
      request.on('timeout', () => request.destroy(new Error('did not answer in time')));
      request.on('error', fail);
      // A report in flight does not keep a stopping process alive.
      request.on('socket', (socket) => socket.unref());
      request.end(body);
    });
  });
}

/** An allowlist: the event is built from these fields rather than by removing others, so nothing new can slip through. */
function onlyWhatIsListed(event: ErrorEvent): ErrorEvent {
  const { event_id, timestamp, level, platform, release, environment, server_name, tags, contexts, user } =
    event;
  const values = event.exception?.values?.map(({ type, value = '', stacktrace, mechanism }) => ({
    type,
    value: scrub(value),
    mechanism,
    stacktrace: {
      frames: stacktrace?.frames?.map(({ filename, function: name, lineno, colno, in_app, module }) => ({
        filename,
        function: name,
        lineno,
        colno,
        in_app,
        module,
      })),
    },
  }));
  const breadcrumbs = event.breadcrumbs?.map(
    ({ timestamp: at, category, message = '', level: crumbLevel }) => ({
      timestamp: at,
      category,
      message: scrub(message),
      level: crumbLevel,
    }),
  );
  return {
    type: undefined,
    event_id,
    timestamp,
    level,
    platform,
    release,
    environment,
    server_name,
    tags,
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
