import { setTimeout as sleep } from 'node:timers/promises';
import type { Person } from './people.js';
import { patient } from './pace.js';

export interface StreamEvent {
  event: string;
  data: Record<string, unknown>;
  id: string | null;
}

/** A client of server-sent events, as far as tests need one: it does not reconnect by itself. */
export class StreamClient {
  readonly events: StreamEvent[] = [];
  /** The id that a client would reconnect with. */
  lastId: string | null = null;
  retry: number | null = null;
  beats = 0;
  ended = false;

  private constructor(
    readonly status: number,
    readonly headers: Headers,
    private readonly abort: AbortController,
  ) {}

  /** Connects, and waits until the stream has sent its position. `url`: a process other than the person's. */
  static async open(
    person: Person,
    { url = person.server.url, lastId }: { url?: string; lastId?: string | null } = {},
  ): Promise<StreamClient> {
    const abort = new AbortController();
    const headers: Record<string, string> = { authorization: `Bearer ${person.session.accessToken}` };
    if (lastId != null) headers['last-event-id'] = lastId;
    const response = await fetch(`${url}/v1/stream`, { headers, signal: abort.signal });
    const client = new StreamClient(response.status, response.headers, abort);
    if (response.status === 200 && response.body) void client.read(response.body);
    else await response.body?.cancel();
    if (response.status === 200) await client.until(() => client.lastId !== null || client.events.length > 0);
    return client;
  }

  private async read(body: ReadableStream<Uint8Array>): Promise<void> {
    let text = '';
    try {
      for await (const chunk of body.pipeThrough(new TextDecoderStream())) {
        text += chunk;
        const blocks = text.split('\n\n');
        text = blocks.pop() ?? '';
        for (const block of blocks) this.take(block);
      }
    } catch {
      // Closed by us, or cut.
    }
    this.ended = true;
  }

  private take(block: string): void {
    const fields = new Map(
      block.split('\n').map((line) => [line.split(':', 1)[0] ?? '', line.replace(/^\w*: ?/, '')]),
    );
    const id = fields.get('id') ?? null;
    if (id !== null) this.lastId = id;
    if (fields.has('retry')) this.retry = Number(fields.get('retry'));
    if (fields.has('')) this.beats += 1;
    const event = fields.get('event');
    if (event === undefined) return;
    this.events.push({ event, id, data: JSON.parse(fields.get('data') ?? '{}') as StreamEvent['data'] });
  }

  of(event: string): StreamEvent[] {
    return this.events.filter((one) => one.event === event);
  }

  async until(condition: () => boolean, patience = 10_000): Promise<void> {
    const deadline = Date.now() + patient(patience);
    while (!condition()) {
      if (Date.now() > deadline) {
        const heard = this.events.map(({ event }) => event).join(', ');
        throw new Error(
          `expected more of the stream within ${patient(patience) / 1000} s; it told: ${heard || 'nothing'}`,
        );
      }
      await sleep(20);
    }
  }

  async untilTold(event: string, count = 1): Promise<StreamEvent> {
    await this.until(() => this.of(event).length >= count);
    return this.of(event)[count - 1] as StreamEvent;
  }

  close(): void {
    this.abort.abort();
  }
}
