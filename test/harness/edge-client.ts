import { Resolver } from 'node:dns/promises';
import { Agent, request } from 'node:https';
import { Http2Connections } from './edge-http2.js';
import { Broken, CONNECT, HANDSHAKE, NAME, PATIENCE, PORT, type Answer, type Sent } from './edge-requests.js';
import type { RunningFleet } from './fleet.js';

export interface Got extends Answer {
  /** Connections that broke under this request, which was then retried. */
  broken: number;
  /** Since the first try, in milliseconds. */
  took: number;
}

/**
 * Behaves like a phone: resolves the name and respects the answer's TTL, keeps connections open, tries another address when
 * one does not accept a connection, and retries a read when its connection breaks. It retries nothing else.
 */
export class EdgeClient {
  private readonly resolver = new Resolver({ timeout: 1_000, tries: 2 });
  private readonly agent: Agent;
  private readonly http2: Http2Connections;
  private answer: { addresses: string[]; until: number } = { addresses: [], until: 0 };
  private turn = 0;
  private looking: Promise<unknown> | null = null;

  constructor(fleet: RunningFleet, authority = fleet.authority) {
    this.resolver.setServers([fleet.dns]);
    this.http2 = new Http2Connections(authority);
    this.agent = new Agent({
      keepAlive: true,
      ca: authority,
      servername: NAME,
      maxSockets: 400,
      scheduling: 'lifo',
    });
  }

  /** The addresses that DNS returns now, bypassing this client's cache. */
  async lookUp(): Promise<string[]> {
    const answers = await this.resolver.resolve4(NAME, { ttl: true });
    const ttl = Math.min(...answers.map((answer) => answer.ttl));
    const addresses = answers.map(({ address }) => address).sort();
    this.answer = { addresses, until: Date.now() + ttl * 1_000 };
    return addresses;
  }

  private async addresses(): Promise<string[]> {
    // One lookup for all that wait: one each is a flood of its own when many are late.
    if (Date.now() > this.answer.until)
      await (this.looking ??= this.lookUp()
        .catch(() => undefined)
        .finally(() => (this.looking = null)));
    const { addresses } = this.answer;
    this.turn += 1;
    const at = this.turn % Math.max(1, addresses.length);
    return [...addresses.slice(at), ...addresses.slice(0, at)];
  }

  async send(sent: Sent): Promise<Got> {
    const begun = performance.now();
    let broken = 0;
    let fault: unknown = new Error('DNS names no address');
    const addresses = await this.addresses();
    // Two rounds: a read whose connection broke may retry its first address.
    for (const address of [...addresses, ...addresses]) {
      try {
        const { status, body } = await (sent.http2
          ? this.http2.send(address, sent)
          : this.once(address, sent));
        return { status, body, broken, took: performance.now() - begun };
      } catch (error) {
        fault = error;
        if (!(error instanceof Broken)) throw error;
        if (!error.made) continue;
        broken += 1;
        if (sent.method !== 'GET' || broken > 1) throw error;
      }
    }
    throw fault;
  }

  private once(address: string, { method, path, headers = {}, body }: Sent): Promise<Answer> {
    return new Promise((resolve, reject) => {
      let made = false;
      const length = body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) };
      const options = {
        host: address,
        port: PORT,
        method,
        path,
        agent: this.agent,
        headers: { host: NAME, ...length, ...headers },
      };
      const outgoing = request(options, (response) => {
        let text = '';
        response.setEncoding('latin1').on('data', (chunk: string) => (text += chunk));
        response.on('end', () =>
          response.complete ? resolve({ status: response.statusCode ?? 0, body: text }) : undefined,
        );
        response.on('close', () => reject(new Broken(true, 'the answer was cut off')));
      });
      outgoing.on('socket', (socket) => {
        made = outgoing.reusedSocket;
        if (made) return;
        const end = () => outgoing.destroy(new Error('no connection'));
        let timer = setTimeout(end, CONNECT);
        socket.once('connect', () => {
          clearTimeout(timer);
          timer = setTimeout(end, HANDSHAKE);
        });
        socket.once('secureConnect', () => {
          made = true;
          clearTimeout(timer);
        });
        outgoing.once('close', () => clearTimeout(timer));
      });
      const late = setTimeout(() => outgoing.destroy(new Error('no answer')), PATIENCE);
      outgoing.on('error', (error) => reject(new Broken(made, error.message)));
      outgoing.on('close', () => clearTimeout(late));
      outgoing.end(body);
    });
  }

  close(): void {
    this.http2.close();
    this.agent.destroy();
  }
}
