import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

/** Chromium's path, where it is installed. */
export const browser = ['/usr/bin/chromium', '/usr/bin/chromium-browser', '/usr/bin/google-chrome'].find(
  (path) => existsSync(path),
);

/** Serves one page with its script and a photo, and gathers what the page sends to /log. */
export class PageServer {
  logged = '';

  private constructor(
    private readonly server: Server,
    private readonly script: string,
    private readonly photo: Buffer,
  ) {
    server.on('request', (request, response) => {
      const [type, body] = this.answerTo(request);
      response.setHeader('content-type', type).end(body);
    });
  }

  static async open(script: string, photo: Buffer): Promise<PageServer> {
    const server = createServer();
    const page = new PageServer(server, script, photo);
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return page;
  }

  /** Opens the page in a headless browser, which runs until it is killed. */
  visit(profile: string): ChildProcess {
    const { port } = this.server.address() as AddressInfo;
    const flags = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--remote-debugging-port=0',
    ];
    return spawn(browser ?? '', [...flags, `--user-data-dir=${profile}`, `http://127.0.0.1:${port}/`], {
      stdio: 'ignore',
    });
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }

  private answerTo(request: IncomingMessage): [string, string | Buffer] {
    if (request.url === '/main.js') return ['text/javascript', this.script];
    if (request.url === '/photo.jpg') return ['image/jpeg', this.photo];
    if (request.url === '/log')
      request.on('data', (chunk: Buffer) => (this.logged += `${chunk.toString()}\n`));
    return ['text/html', '<!doctype html><script type="module" src="/main.js"></script>'];
  }
}
