import { pauseAfter, sleep } from './pause.ts';
import { refusalIn } from './refusal.ts';
import type { Sender } from './sender.ts';

/** What `GET /v1/stream` sends. Ignore events that you do not know. */
export interface StreamEvent {
  /** For `lastEventId` of a later start of the app; null for events that cannot be resumed from. */
  id: string | null;
  event: string;
  data: unknown;
}

export interface EventOptions {
  signal?: AbortSignal;
  /** The last event that was seen: what was missed comes first. */
  lastEventId?: string;
}

class MissingStreams extends Error {}

/** The server sends a line every 20 s; a connection that is silent for so long is dead. */
const SILENCE = 45_000;

/** Events as they happen, through lost connections, until `signal` ends it. @throws Refusal, also when the session ended */
export async function* events(
  sender: Sender,
  server: string,
  { signal, lastEventId }: EventOptions,
): AsyncGenerator<StreamEvent, void, undefined> {
  for (let failed = 0; !signal?.aborted;) {
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal?.addEventListener('abort', abort, { once: true });
    try {
      const headers: Record<string, string> =
        lastEventId === undefined ? {} : { 'last-event-id': lastEventId };
      const request = new Request(new URL('/v1/stream', server), { headers, signal: connection.signal });
      const response = await sender.fetch(request);
      if (!response.ok) throw await refusalIn(response);
      for await (const event of eventsIn(chunksOf(response, connection))) {
        failed = 0;
        lastEventId = event.id ?? lastEventId;
        if (event.event !== '') yield event;
      }
    } catch (fault) {
      if ((fault as Error).name === 'Refusal' || fault instanceof MissingStreams) throw fault;
    } finally {
      signal?.removeEventListener('abort', abort);
      // Ends the connection also when the reader of the events has had enough.
      connection.abort();
    }
    await sleep(pauseAfter(++failed), signal).catch(() => undefined);
  }
}

async function* chunksOf(response: Response, connection: AbortController): AsyncGenerator<string> {
  if (!response.body)
    throw new MissingStreams('This fetch cannot read streams: give another one in the options');
  const reader = response.body.getReader();
  const decoder = new TextDecoder();
  for (;;) {
    const timer = setTimeout(() => connection.abort(), SILENCE);
    try {
      const { done, value } = await reader.read();
      if (done) return;
      yield decoder.decode(value, { stream: true });
    } finally {
      clearTimeout(timer);
    }
  }
}

async function* eventsIn(chunks: AsyncIterable<string>): AsyncGenerator<StreamEvent> {
  let text = '';
  for await (const chunk of chunks) {
    const blocks = (text + chunk).split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const fields = new Map(block.split('\n').flatMap(fieldIn));
      const data = fields.get('data');
      yield {
        id: fields.get('id') ?? null,
        event: fields.get('event') ?? '',
        data: data === undefined ? null : (JSON.parse(data) as unknown),
      };
    }
  }
}

function fieldIn(line: string): [string, string][] {
  const [, name = '', value = ''] = /^(\w+): ?(.*)$/.exec(line) ?? [];
  return name === '' ? [] : [[name, value]];
}
