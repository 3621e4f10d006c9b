import type { components } from './contract.ts';
import { pauseAfter, sleep } from './pause.ts';
import { refusalIn, type Refusal } from './refusal.ts';

export type Session = components['schemas']['Session'];

export interface Options {
  /** The session that was kept, if the person had signed in. */
  session?: Session | null;
  /**
   * Stores the session, and is awaited before a new one is used, so that no lost answer signs anybody out. Null means that the
   * person has to sign in again: the server ended the session, or they signed out.
   */
  keep?: (session: Session | null) => Promise<void> | void;
  /** A fetch whose bodies can be read as streams, where the platform's cannot: on React Native that of `expo/fetch`. */
  fetch?: (request: Request) => Promise<Response>;
}

/** Another try may succeed: nothing answered, or what answered failed by no fault of the request. */
const passing = new Set([408, 429, 500, 502, 503, 504]);
const TRIES = 8;
/** A connection may hang for ever. This is also the time that a small photo has to arrive. */
const SILENCE = 60_000;

/** Sends requests until they have an answer: with the session's token, refreshed where it expired, and each POST under one key. */
export class Sender {
  session: Session | null;
  /** Also of a session that is over: it tells the server, at the next sign-in, that the account was used on this device. */
  lastRefreshToken: string | undefined;
  private readonly server: string;
  private readonly keep: NonNullable<Options['keep']>;
  private readonly transport: NonNullable<Options['fetch']>;
  private refreshing: Promise<void> | null = null;

  constructor(server: string, { session = null, keep = () => undefined, fetch: given }: Options) {
    this.server = server;
    this.session = session;
    this.lastRefreshToken = session?.refreshToken;
    this.keep = keep;
    this.transport = given ?? ((request) => fetch(request));
  }

  /** A fetch that repeats. @throws what the last try threw, if none had an answer */
  readonly fetch = async (request: Request): Promise<Response> => {
    // The same key on every try: whichever of them arrives, it has one effect.
    if (request.method === 'POST' && !request.headers.has('idempotency-key')) {
      request.headers.set('idempotency-key', newKey());
    }
    for (let tried = 1; ; tried++) {
      const token = this.session?.accessToken;
      if (token) request.headers.set('authorization', `Bearer ${token}`);
      const response = await this.once(request, tried === TRIES);
      if (response && (await this.isFinal(response, token, tried))) return response;
      // A refreshed token needs no pause.
      if (response?.status !== 401) {
        await sleep(pauseAfter(tried, response?.headers.get('retry-after')), request.signal);
      }
    }
  };

  private async isFinal(response: Response, token: string | undefined, tried: number): Promise<boolean> {
    if (response.ok || response.status === 304) return true;
    const refusal = await refusalIn(response);
    if (refusal.code === 'session_ended' && token === this.session?.accessToken) await this.use(null);
    if (tried === TRIES) return true;
    if (token === undefined || !isStale(refusal)) return !mayPass(refusal, response);
    await this.refreshed(token);
    return false;
  }

  /** Stores a session, and uses it from then on. */
  async use(session: Session | null): Promise<void> {
    if (session) await this.keep(session);
    this.session = session;
    this.lastRefreshToken = session?.refreshToken ?? this.lastRefreshToken;
    if (!session) await this.keep(null);
  }

  /** Null where nothing came back and another try may help. */
  private async once(request: Request, last: boolean): Promise<Response | null> {
    const end = new AbortController();
    const abort = () => end.abort(request.signal.reason);
    request.signal.throwIfAborted();
    request.signal.addEventListener('abort', abort, { once: true });
    const timer = setTimeout(() => end.abort(new Error('The server did not answer')), SILENCE);
    try {
      return await this.transport(new Request(request.clone(), { signal: end.signal }));
    } catch (fault) {
      if (last || request.signal.aborted) throw fault;
      return null;
    } finally {
      clearTimeout(timer);
    }
  }

  /** Several requests find out at once that their token expired: one refreshes, and those that come late find the new one. */
  private async refreshed(token: string): Promise<void> {
    if (this.session?.accessToken !== token) return;
    await (this.refreshing ??= this.refresh(this.session).finally(() => (this.refreshing = null)));
  }

  private async refresh({ refreshToken }: Session): Promise<void> {
    const anonymous = new Sender(this.server, { fetch: this.transport });
    const response = await anonymous.fetch(
      new Request(new URL('/v1/sessions/refresh', this.server), {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ refreshToken }),
      }),
    );
    if (response.ok) return this.use(((await response.json()) as { session: Session }).session);
    const refusal = await refusalIn(response);
    if (refusal.code === 'session_ended') await this.use(null);
    throw refusal;
  }
}

const isStale = ({ code }: Refusal) => code === 'token_expired' || code === 'token_invalid';

function mayPass({ status, code }: Refusal, response: Response): boolean {
  if (passing.has(status) || code === 'body_incomplete') return true;
  // Still in work: a request under the same key, one's own photo or post.
  return status === 409 && response.headers.has('retry-after');
}

/** An idempotency key. Keep it with what is to be sent, and send it again with the same, from another start of the app too. */
export function newKey(): string {
  const bytes = new Uint8Array(16);
  // React Native has no crypto of its own. A key has to be new, not secret: it counts for one person and path.
  if (typeof crypto === 'object') crypto.getRandomValues(bytes);
  else bytes.forEach((_, index) => (bytes[index] = Math.random() * 256));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, '0')).join('');
}
