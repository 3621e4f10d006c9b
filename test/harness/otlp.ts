import { once } from 'node:events';
import { createServer, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A span as it arrived, with the resource that reported it. */
export interface ReceivedSpan {
  service: string;
  traceId: string;
  spanId: string;
  parentSpanId: string;
  name: string;
  kind: 'internal' | 'server' | 'client' | 'producer' | 'consumer';
  failed: boolean;
  attributes: Record<string, string | number>;
}

type Json = Record<string, unknown>;

const kinds = [undefined, 'internal', 'server', 'client', 'producer', 'consumer'] as const;

function check(holds: boolean, what: string): asserts holds {
  if (!holds) throw new Error(`expected ${what}`);
}

const rows = (value: unknown, name: string): Json[] => {
  check(Array.isArray(value), `${name} as a list`);
  return value as Json[];
};

/** The one value of an AnyValue; int64 is text in JSON or a number. */
function valueOf(value: Json): string | number {
  const [entry, ...more] = Object.entries(value);
  check(entry !== undefined && more.length === 0, `one value but received ${JSON.stringify(value)}`);
  const [type, held] = entry;
  check(['stringValue', 'intValue', 'doubleValue'].includes(type), `a text or a number but received ${type}`);
  return type === 'stringValue' ? String(held) : Number(held);
}

function attributesOf(list: unknown): Record<string, string | number> {
  return Object.fromEntries(
    rows(list, 'attributes').map(({ key, value }) => {
      check(typeof key === 'string' && key !== '', 'a key');
      return [key, valueOf(value as Json)];
    }),
  );
}

const nanoseconds = (value: unknown): bigint => {
  check(/^\d{19}$/.test(String(value)), `nanoseconds since 1970 but received ${String(value)}`);
  return BigInt(String(value));
};

function spanOf(span: Json, service: string): ReceivedSpan {
  const { traceId, spanId, parentSpanId = '', name, kind, attributes, status = {} } = span;
  check(/^(?!0+$)[0-9a-f]{32}$/.test(String(traceId)), 'a traceId of 32 hex digits');
  check(/^(?!0+$)[0-9a-f]{16}$/.test(String(spanId)), 'a spanId of 16 hex digits');
  check(/^([0-9a-f]{16})?$/.test(String(parentSpanId)), 'a parentSpanId of 16 hex digits');
  check(typeof name === 'string' && name !== '', 'a name');
  const kindName = kinds[Number(kind)];
  check(kindName !== undefined, `a kind but received ${String(kind)}`);
  check(
    nanoseconds(span['startTimeUnixNano']) <= nanoseconds(span['endTimeUnixNano']),
    'no end before the start',
  );
  const code = Number((status as Json)['code'] ?? 0);
  check([0, 1, 2].includes(code), `a status but received ${code}`);
  return {
    service,
    traceId: String(traceId),
    spanId: String(spanId),
    parentSpanId: String(parentSpanId),
    name,
    kind: kindName,
    failed: code === 2,
    attributes: attributesOf(attributes ?? []),
  };
}

/** Reads an `ExportTraceServiceRequest` in OTLP's JSON; @throws for anything outside its schema (opentelemetry-proto) */
export function readTraces(text: string): ReceivedSpan[] {
  const body = JSON.parse(text) as Json;
  check(Object.keys(body).join() === 'resourceSpans', 'resourceSpans alone');
  return rows(body['resourceSpans'], 'resourceSpans').flatMap(({ resource, scopeSpans }) => {
    const told = attributesOf((resource as Json)['attributes']);
    const service = String(told['service.name'] ?? '');
    check(service !== '', 'a service.name');
    return rows(scopeSpans, 'scopeSpans').flatMap(({ scope, spans }) => {
      check(typeof (scope as Json)['name'] === 'string', 'a scope with a name');
      return rows(spans, 'spans').map((span) => spanOf(span, service));
    });
  });
}

/** A collector; `hold` makes it send no responses, `refuse` makes it answer 503. */
export class OtlpReceiver {
  readonly spans: ReceivedSpan[] = [];
  /** The raw bodies, to search for data that they must not contain. */
  readonly texts: string[] = [];
  readonly faults: string[] = [];
  /** The `authorization` header of each request. */
  readonly credentials = new Set<string | undefined>();
  private readonly held = new Set<ServerResponse>();
  private mode: 'take' | 'hold' | 'refuse' = 'take';
  private readonly server = createServer((request, response) => {
    let text = '';
    request.setEncoding('utf8').on('data', (part: string) => (text += part));
    request.on('end', () => {
      this.credentials.add(request.headers.authorization);
      this.answer(`${request.method} ${request.url}`, text, response);
    });
  });

  static async start(): Promise<OtlpReceiver> {
    const receiver = new OtlpReceiver();
    receiver.server.listen(0, '127.0.0.1');
    await once(receiver.server, 'listening');
    return receiver;
  }

  get url(): string {
    return `http://127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  private answer(call: string, text: string, response: ServerResponse): void {
    if (this.mode === 'hold') this.held.add(response);
    else if (this.mode === 'refuse') response.writeHead(503).end();
    else this.take(call, text, response);
  }

  private take(call: string, text: string, response: ServerResponse): void {
    try {
      check(call === 'POST /v1/traces', `POST /v1/traces but received ${call}`);
      this.texts.push(text);
      this.spans.push(...readTraces(text));
      response.writeHead(200, { 'content-type': 'application/json' }).end('{}');
    } catch (error) {
      this.faults.push(String(error));
      response.writeHead(400).end();
    }
  }

  become(mode: 'take' | 'hold' | 'refuse'): void {
    this.mode = mode;
    for (const response of this.held) response.destroy();
    this.held.clear();
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
