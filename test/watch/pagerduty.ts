import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

export const ROUTING_KEY = '0123456789abcdef0123456789abcdef';

/** An accepted event. */
export interface PagedEvent {
  at: number;
  action: 'trigger' | 'acknowledge' | 'resolve';
  key: string;
  class?: string;
  severity?: string;
  summary?: string;
  links?: { href: string; text?: string }[];
}

type Body = Record<string, unknown>;

const isText = (value: unknown, most: number): value is string =>
  typeof value === 'string' && value.length > 0 && value.length <= most;

const known = new Set([
  'routing_key',
  'event_action',
  'dedup_key',
  'payload',
  'links',
  'images',
  'client',
  'client_url',
]);
const optional: Readonly<Record<string, (value: unknown) => boolean>> = {
  dedup_key: (value) => isText(value, 255),
  client: (value) => typeof value === 'string',
  client_url: (value) => typeof value === 'string',
  images: (value) => Array.isArray(value),
  links: (value) => Array.isArray(value) && value.every((one: Body) => isText(one['href'], 4_096)),
};

/** The violations of PagerDuty's schema of Events API v2 (openapiv3.json, `SendEventRequest`), in words; empty when there are none. */
export function faultsOf(body: Body): string[] {
  const { routing_key, event_action, dedup_key, payload } = body;
  const faults = Object.keys(body).filter((name) => !known.has(name));
  for (const [name, isWell] of Object.entries(optional))
    if (body[name] !== undefined && !isWell(body[name])) faults.push(name);
  if (!isText(routing_key, 32) || routing_key.length !== 32)
    faults.push('routing_key: expected 32 characters');
  if (!['trigger', 'acknowledge', 'resolve'].includes(String(event_action))) faults.push('event_action');
  if (event_action !== 'trigger')
    return dedup_key === undefined ? [...faults, 'dedup_key is missing'] : faults;
  return [...faults, ...payloadFaults(payload as Body | undefined)];
}

function payloadFaults(payload: Body | undefined): string[] {
  if (typeof payload !== 'object') return ['payload is missing'];
  const faults: string[] = [];
  const { summary, source, severity, timestamp, component, group, custom_details } = payload;
  if (!isText(summary, 1_024)) faults.push('payload.summary: expected up to 1024 characters');
  if (!isText(source, 4_096)) faults.push('payload.source is missing');
  if (!['critical', 'error', 'warning', 'info'].includes(String(severity))) faults.push('payload.severity');
  if (timestamp !== undefined && Number.isNaN(Date.parse(String(timestamp))))
    faults.push('payload.timestamp');
  for (const [name, value] of Object.entries({ component, group, class: payload['class'] }))
    if (value !== undefined && typeof value !== 'string') faults.push(`payload.${name}`);
  if (custom_details !== undefined && typeof custom_details !== 'object')
    faults.push('payload.custom_details');
  return faults;
}

/** A PagerDuty server: validates each event by the published schema, and may be down. */
export class PagerDuty {
  readonly events: PagedEvent[] = [];
  readonly faults: string[] = [];
  private constructor(
    private readonly server: Server,
    private readonly port: number,
  ) {}

  static async start(): Promise<PagerDuty> {
    const server = createServer();
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const pagerDuty = new PagerDuty(server, (server.address() as AddressInfo).port);
    server.on('request', (request, response) => {
      let text = '';
      request.setEncoding('utf8').on('data', (part: string) => (text += part));
      request.on('end', () => {
        const [status, answer] = pagerDuty.take(JSON.parse(text) as Body);
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(answer));
      });
    });
    return pagerDuty;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}/v2/enqueue`;
  }

  private take(body: Body): [number, object] {
    const faults = faultsOf(body);
    if (faults.length > 0) {
      this.faults.push(...faults);
      return [400, { status: 'invalid event', message: 'Event object is invalid', errors: faults }];
    }
    const payload = (body['payload'] ?? {}) as Record<string, string>;
    this.events.push({
      at: Date.now(),
      action: body['event_action'] as PagedEvent['action'],
      key: String(body['dedup_key']),
      class: payload['class'] ?? '',
      severity: payload['severity'] ?? '',
      summary: payload['summary'] ?? '',
      links: (body['links'] ?? []) as { href: string }[],
    });
    return [202, { status: 'success', message: 'Event processed', dedup_key: body['dedup_key'] }];
  }

  async goAway(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }

  async comeBack(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** The first event of an alert since a time, by the subject of its incident. */
  find(
    alert: string,
    action: PagedEvent['action'],
    since: number,
    incident?: string,
  ): PagedEvent | undefined {
    const ofAlert = this.events.filter((event) => event.class === alert).map(({ key }) => key);
    const keys = new Set(incident === undefined ? ofAlert : [incident]);
    return this.events.find((event) => event.at >= since && event.action === action && keys.has(event.key));
  }

  async stop(): Promise<void> {
    if (this.server.listening) await this.goAway();
  }
}
