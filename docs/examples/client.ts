/**
 * A client of Narwhal as one would write it for a phone: it loses connections, keeps its session through lost answers, and sends
 * nothing twice. It needs `fetch` alone. `docs/clients.md` says why each step is as it is; `test/client-example.test.ts` runs it
 * against a real server through a cable that is cut.
 */
import { setTimeout as sleep } from 'node:timers/promises';

export interface Session {
  accessToken: string;
  refreshToken: string;
}

/** A refusal, as RFC 9457 has it. Programs look at `code`, which never changes its meaning. */
export class Refusal extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly params: Record<string, unknown>,
    detail: string,
  ) {
    super(detail);
  }
}

export interface Call {
  method?: string;
  json?: unknown;
  headers?: Record<string, string>;
  signal?: AbortSignal;
}

/** What another try may mend: nothing answered, or what answered failed by no fault of the request. Each POST has its key. */
const passing = new Set([408, 429, 500, 502, 503, 504]);
const TRIES = 8;

export class NarwhalClient {
  private refreshing: Promise<void> | null = null;

  constructor(
    private readonly server: string,
    private session: Session | null,
    /** Called before a new session is used, so that it may be stored first; with null when the person has to sign in again. */
    private readonly keep: (session: Session | null) => Promise<void> | void = () => undefined,
  ) {}

  /** One request until it has an answer, and that as an object. Throws a Refusal, or the last fault of the network. */
  async call<Answer>(path: string, call: Call = {}): Promise<Answer> {
    const response = await this.send(path, call);
    const text = await response.text();
    return (text === '' ? null : JSON.parse(text)) as Answer;
  }

  /** As `call`, with the answer as it came. `path` may be a whole URL. */
  async send(path: string, call: Call = {}): Promise<Response> {
    const url = new URL(path, this.server);
    const init = initOf(call);
    for (let tried = 1; ; tried++) {
      const token = this.session?.accessToken;
      if (token) init.headers.set('authorization', `Bearer ${token}`);
      const response = await answerTo(new Request(url, init), tried === TRIES);
      if (response?.ok || response?.status === 304) return response;
      const refusal = response && (await refusalOf(response));
      if (refusal && (tried === TRIES || !(await this.mendable(refusal, token)))) throw refusal;
      if (refusal?.status !== 401) await sleep(pause(response, tried));
    }
  }

  private async mendable(refusal: Refusal, token: string | undefined): Promise<boolean> {
    if (refusal.code === 'token_expired' || refusal.code === 'token_invalid') {
      // Several requests find out at once: one refreshes, and those that come late find the new token there.
      if (this.session?.accessToken === token) await (this.refreshing ??= this.refresh());
      return true;
    }
    if (refusal.code === 'session_ended') await this.end();
    return passing.has(refusal.status) || refusal.code === 'idempotency_in_progress';
  }

  /** May be repeated: a lost answer is given again, so that no bad connection signs anybody out. */
  private async refresh(): Promise<void> {
    try {
      const { refreshToken } = this.session ?? {};
      const anonymous = new NarwhalClient(this.server, null);
      const { session } = await anonymous.call<{ session: Session }>('/v1/sessions/refresh', {
        method: 'POST',
        json: { refreshToken },
      });
      await this.keep(session);
      this.session = session;
    } catch (fault) {
      if (fault instanceof Refusal && fault.code === 'session_ended') await this.end();
      throw fault;
    } finally {
      this.refreshing = null;
    }
  }

  private async end(): Promise<void> {
    this.session = null;
    await this.keep(null);
  }

  /**
   * Sends a photo, going on where it was cut off, and gives its id. `remember` gets the upload's address, which alone suffices to go on
   * within 24 hours, also from another process of the app: give it as `location` then.
   */
  async upload(
    photo: Blob,
    {
      location,
      altText = '',
      remember,
    }: { location?: string; altText?: string; remember?: (location: string) => void } = {},
  ): Promise<string> {
    const tus = { 'tus-resumable': '1.0.0' };
    if (location === undefined) {
      const text = btoa(String.fromCharCode(...new TextEncoder().encode(altText)));
      const created = await this.send('/v1/uploads', {
        method: 'POST',
        headers: { ...tus, 'upload-length': String(photo.size), 'upload-metadata': `altText ${text}` },
      });
      location = created.headers.get('location') ?? '';
      remember?.(location);
    }
    for (let failures = 0; ;) {
      const state = await this.send(location, { method: 'HEAD', headers: tus });
      const id = state.headers.get('narwhal-photo-id');
      if (id !== null) return id;
      const offset = Number(state.headers.get('upload-offset'));
      try {
        // Not by `send`: after a cut the offset is another one, so the same request must not be sent again.
        const response = await fetch(new URL(location, this.server), {
          method: 'PATCH',
          headers: {
            ...tus,
            'upload-offset': String(offset),
            'content-type': 'application/offset+octet-stream',
          },
          body: photo.slice(offset),
        });
        if (!response.ok) throw await refusalOf(response);
      } catch (fault) {
        if (fault instanceof Refusal && fault.status < 500 && ![409, 429].includes(fault.status)) throw fault;
        if (++failures > 20) throw fault;
        await sleep(Math.random() * 500);
      }
    }
  }

  /** Server-sent events for as long as `signal` allows, resumed where they were cut. */
  async *events(signal: AbortSignal): AsyncGenerator<{ event: string; data: unknown }> {
    let last: string | undefined;
    while (!signal.aborted) {
      try {
        const headers: Record<string, string> = last === undefined ? {} : { 'last-event-id': last };
        const { body } = await this.send('/v1/stream', { headers, signal });
        for await (const fields of eventsIn(body)) {
          last = fields.get('id') ?? last;
          const event = fields.get('event');
          if (event) yield { event, data: JSON.parse(fields.get('data') ?? 'null') };
        }
      } catch (fault) {
        if (fault instanceof Refusal) throw fault;
      }
      if (!signal.aborted) await sleep(500 + Math.random() * 1000);
    }
  }
}

function initOf({ method, headers, json, signal }: Call) {
  const all = new Headers(headers);
  if (json !== undefined) all.set('content-type', 'application/json');
  // The same key on every try: whichever of them arrives, it is done once.
  if (method === 'POST') all.set('idempotency-key', crypto.randomUUID());
  return { method, headers: all, body: JSON.stringify(json), signal };
}

/** Null when nothing came back and another try may help. */
async function answerTo(request: Request, last: boolean): Promise<Response | null> {
  try {
    return await fetch(request);
  } catch (fault) {
    if (last || request.signal.aborted) throw fault;
    return null;
  }
}

/** Milliseconds: as long as was asked for, or a random time that doubles, lest all clients come back at once. */
function pause(response: Response | null, tried: number): number {
  const asked = Number(response?.headers.get('retry-after') ?? 0) * 1000;
  return Math.max(asked, Math.random() * 100 * 2 ** tried);
}

async function refusalOf(response: Response): Promise<Refusal> {
  // A HEAD has no body, and what stands between may answer in words of its own.
  const text = await response.text();
  const { code, params, detail } = (text.startsWith('{') ? JSON.parse(text) : {}) as Partial<
    Record<'code' | 'detail', string> & { params: Record<string, unknown> }
  >;
  return new Refusal(response.status, code ?? `http_${response.status}`, params ?? {}, detail ?? '');
}

async function* eventsIn(body: ReadableStream<Uint8Array> | null): AsyncGenerator<Map<string, string>> {
  let text = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    text += chunk;
    const blocks = text.split('\n\n');
    text = blocks.pop() ?? '';
    for (const block of blocks) {
      const lines = block.split('\n').map((line) => /^(\w*): ?(.*)$/.exec(line));
      yield new Map(lines.flatMap((match) => (match ? [[match[1] ?? '', match[2] ?? ''] as const] : [])));
    }
  }
}
