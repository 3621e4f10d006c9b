import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { METRICS_TYPE, metricsText } from './metrics/index.js';

/** What a health check answers: `ok` decides between 200 and 503, the rest is for people. */
export interface HealthReport {
  ok: boolean;
  [detail: string]: unknown;
}

interface OperationsOptions {
  host: string;
  port: number;
  ready: () => Promise<HealthReport>;
  /** Runs before each scrape, for gauges that are read rather than counted. */
  collect?: () => Promise<void>;
}

function answer(response: ServerResponse, status: number, type: string, body: string): void {
  response.writeHead(status, { 'content-type': type, 'cache-control': 'no-store' }).end(body);
}

async function handle(
  request: IncomingMessage,
  response: ServerResponse,
  options: OperationsOptions,
): Promise<void> {
  const path = (request.url ?? '').split('?')[0];
  if (path === '/metrics') {
    await options.collect?.();
    answer(response, 200, METRICS_TYPE, metricsText());
  } else if (path === '/health/live') {
    answer(response, 200, 'application/json', '{"ok":true}');
  } else if (path === '/health/ready') {
    const report = await options.ready();
    answer(response, report.ok ? 200 : 503, 'application/json', JSON.stringify(report));
  } else {
    answer(response, 404, 'text/plain', 'expected /metrics, /health/live or /health/ready\n');
  }
}

/** The operators' listener of one process: metrics and health, on an address of its own that strangers cannot reach. */
export async function startOperationsServer(options: OperationsOptions): Promise<Server> {
  const server = createServer((request, response) => {
    handle(request, response, options).catch((error: unknown) => {
      if (!response.headersSent)
        answer(response, 500, 'text/plain', 'the metrics could not be read; see the log\n');
      server.emit('warning', error);
    });
  });
  server.listen(options.port, options.host);
  await once(server, 'listening');
  return server;
}
