import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { gunzipSync } from 'node:zlib';

/** An error event, as far as tests read it. */
export interface SentryEvent {
  event_id: string;
  release: string;
  environment: string;
  tags: Record<string, string>;
  user?: { id: string };
  contexts: Record<string, Record<string, unknown>>;
  exception: {
    values: { type: string; value: string; stacktrace: { frames: { filename: string; lineno: number }[] } }[];
  };
  breadcrumbs?: { category: string; message: string }[];
}

/** Reads a body strictly by the specification of envelopes: a header, then items of the stated lengths. */
export function readEnvelope(body: Buffer): SentryEvent[] {
  let rest = body;
  const line = (): unknown => {
    const end = rest.indexOf(10);
    const text = rest.subarray(0, end === -1 ? rest.length : end).toString();
    rest = end === -1 ? Buffer.alloc(0) : rest.subarray(end + 1);
    return JSON.parse(text);
  };
  const header = line() as { event_id?: string; sent_at?: string };
  if (!/^[0-9a-f]{32}$/.test(header.event_id ?? '')) throw new Error('expected an event_id of 32 hex digits');
  if (Number.isNaN(Date.parse(header.sent_at ?? ''))) throw new Error('expected sent_at as a moment');
  const events: SentryEvent[] = [];
  while (rest.length > 0) {
    const { type, length } = line() as { type: string; length?: number };
    const end = length ?? (rest.indexOf(10) === -1 ? rest.length : rest.indexOf(10));
    const payload = JSON.parse(rest.subarray(0, end).toString()) as SentryEvent;
    if (length !== undefined && rest.length > length && rest[length] !== 10)
      throw new Error('expected the item to be as long as it says');
    rest = rest.subarray(end + 1);
    if (type === 'event') events.push(payload);
  }
  return events;
}

/** An endpoint for Sentry's clients; `hold` makes it send no responses. */
export interface EnvelopeReceiver {
  dsn: string;
  events: SentryEvent[];
  /** The raw bodies, to search for data that they must not contain. */
  texts: string[];
  hold(on: boolean): void;
  close(): Promise<void>;
}

export async function startEnvelopeReceiver(): Promise<EnvelopeReceiver> {
  const held = new Set<ServerResponse>();
  const events: SentryEvent[] = [];
  const texts: string[] = [];
  let holding = false;
  const server = createServer((request, response) => {
    const parts: Buffer[] = [];
    request.on('data', (part: Buffer) => parts.push(part));
    request.on('end', () => {
      const url = new URL(request.url ?? '', 'http://x');
      const raw = Buffer.concat(parts);
      const body = request.headers['content-encoding'] === 'gzip' ? gunzipSync(raw) : raw;
      if (url.pathname !== '/api/42/envelope/' || url.searchParams.get('sentry_key') !== 'public') {
        response.writeHead(403).end('{"detail":"bad sentry DSN"}');
        return;
      }
      texts.push(body.toString());
      events.push(...readEnvelope(body));
      if (holding) held.add(response);
      else response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    dsn: `http://public@127.0.0.1:${(server.address() as AddressInfo).port}/42`,
    events,
    texts,
    hold: (on) => {
      holding = on;
      if (!on) for (const response of held) response.end('{}');
    },
    close: async () => {
      server.closeAllConnections();
      server.close();
      await once(server, 'close');
    },
  };
}
