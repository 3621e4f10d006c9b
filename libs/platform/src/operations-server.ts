import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { logLevel, logLevels, setLogLevel } from './logger.js';
import type { MediaKey } from './media-urls.js';
import { METRICS_TYPE, metricsText } from './metrics/index.js';
import { isOperator } from './operator-links.js';

/** The result of a health check: `ok` decides between 200 and 503, the rest is for people. */
export interface HealthReport {
  ok: boolean;
  [detail: string]: unknown;
}

/** A page of the operators' listener. */
export interface OperationsAnswer {
  status: number;
  type: string;
  body: string;
  headers?: Record<string, string>;
}

type Page = (request: IncomingMessage) => Promise<OperationsAnswer>;

interface OperationsOptions {
  host: string;
  port: number;
  /** The instance's keys, by which operators who change something are known. */
  keys: readonly MediaKey[];
  ready: () => Promise<HealthReport>;
  /** Runs before each scrape, for gauges that are read rather than counted. */
  collect?: () => Promise<void>;
  /** Further pages, by their path. */
  pages?: Readonly<Record<string, Page>>;
}

const json = (report: HealthReport): OperationsAnswer => ({
  status: report.ok ? 200 : 503,
  type: 'application/json',
  body: JSON.stringify(report),
});

const needsToken: OperationsAnswer = {
  status: 401,
  type: 'text/plain',
  body: 'expected Authorization: Bearer and what `narwhal admin operator-token` prints (`npm run admin -- operator-token`)\n',
  headers: { 'www-authenticate': 'Bearer' },
};

/** `GET` returns the log level, `PUT ?level=debug&for=600` changes it, for that many seconds or until the next change. */
async function logLevelPage({ method, url = '' }: IncomingMessage): Promise<OperationsAnswer> {
  const query = new URL(url, 'http://operations').searchParams;
  const level = logLevels.find((one) => one === query.get('level'));
  const seconds = query.has('for') ? Number(query.get('for')) : undefined;
  const wrong = level === undefined || (seconds !== undefined && !(seconds > 0 && seconds <= 86_400));
  if (method === 'PUT' && wrong) {
    const body = `expected ?level=${logLevels.join('|')} and perhaps &for=<1 to 86400 seconds>\n`;
    return { status: 400, type: 'text/plain', body };
  }
  if (method === 'PUT' && level) setLogLevel(level, seconds);
  return { status: 200, type: 'application/json', body: JSON.stringify({ level: logLevel() }) };
}

function pagesOf({ ready, collect, pages = {} }: OperationsOptions): Record<string, Page> {
  return {
    '/metrics': async () => {
      await collect?.();
      return { status: 200, type: METRICS_TYPE, body: metricsText() };
    },
    '/log-level': logLevelPage,
    '/health/live': async () => json({ ok: true }),
    '/health/ready': async () => json(await ready()),
    ...pages,
  };
}

function send(response: ServerResponse, { status, type, body, headers = {} }: OperationsAnswer): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store', ...headers }).end(body);
}

/** The operators' listener of one process: metrics and health, on a separate address that the public cannot reach. */
export async function startOperationsServer(options: OperationsOptions): Promise<Server> {
  const pages = pagesOf(options);
  const unknown: OperationsAnswer = {
    status: 404,
    type: 'text/plain',
    body: `expected one of ${Object.keys(pages).join(', ')}\n`,
  };
  const answerOf = async (request: IncomingMessage): Promise<OperationsAnswer> => {
    const page = pages[(request.url ?? '').split('?')[0] ?? ''];
    if (!page) return unknown;
    // Anybody who reaches this listener may read. Every other method counts as a change, also on future pages.
    const reads = request.method === 'GET' || request.method === 'HEAD';
    return reads || isOperator(request.headers.authorization, options.keys) ? page(request) : needsToken;
  };
  const server = createServer((request, response) => {
    const answer = answerOf(request);
    answer.then(
      (made) => send(response, made),
      (error: unknown) => {
        send(response, { status: 500, type: 'text/plain', body: 'this could not be read; see the log\n' });
        server.emit('warning', error);
      },
    );
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return server;
}
