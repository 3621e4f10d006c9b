import { createServer, type IncomingHttpHeaders, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { once } from 'node:events';

export interface Heard {
  method: string;
  path: string;
  headers: IncomingHttpHeaders;
  body: string;
}

type Answer = (heard: Heard, response: ServerResponse) => void;

/** Replaces an api behind NGINX and records the requests that arrive: for testing the proxy, not the api. */
export class ListeningApi {
  readonly heard: Heard[] = [];
  /** Requests whose head has arrived, whether or not their body has. */
  begun = 0;
  private readonly server: Server;
  answer: Answer = (_heard, response) =>
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}');

  constructor() {
    this.server = createServer((request, response) => {
      this.begun += 1;
      let body = '';
      request.setEncoding('latin1').on('data', (text: string) => (body += text));
      request.on('error', () => undefined);
      request.on('end', () => {
        const { method = '', url: path = '', headers } = request;
        const heard = { method, path, headers, body };
        this.heard.push(heard);
        this.answer(heard, response);
      });
    });
  }

  get address(): string {
    return `127.0.0.1:${(this.server.address() as AddressInfo).port}`;
  }

  get last(): Heard {
    const heard = this.heard.at(-1);
    if (!heard) throw new Error('expected a request but none has come');
    return heard;
  }

  async start(): Promise<this> {
    this.server.listen(0, '127.0.0.1');
    await once(this.server, 'listening');
    return this;
  }

  async stop(): Promise<void> {
    this.server.closeAllConnections();
    this.server.close();
    await once(this.server, 'close');
  }
}
