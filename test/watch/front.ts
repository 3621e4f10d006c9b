import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { createServer, type Server } from 'node:tls';
import { freePort } from '../../tools/dev/ports.ts';
import { run } from './programs.js';

const openssl = (args: readonly string[]): string => run('openssl', args);

/** TLS in front of an api, as a balancer terminates it, with a certificate of a local authority that is valid for some days. */
export class Front {
  private server: Server | undefined;

  private constructor(
    private readonly folder: string,
    readonly port: number,
    private readonly apiPort: number,
  ) {}

  static async start(folder: string, apiUrl: string, days: number): Promise<Front> {
    const front = new Front(folder, await freePort(), Number(new URL(apiUrl).port));
    const [key, ca] = [join(folder, 'ca.key'), front.caFile];
    openssl([
      'req',
      '-x509',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      key,
      '-out',
      ca,
      '-days',
      '3650',
      '-subj',
      '/CN=Test authority',
    ]);
    await front.serve(days);
    return front;
  }

  get caFile(): string {
    return join(this.folder, 'ca.crt');
  }

  get url(): string {
    return `https://localhost:${this.port}`;
  }

  /** Restarts with a certificate valid for this many days. */
  async serve(days: number): Promise<void> {
    await this.stop();
    const file = (name: string) => join(this.folder, name);
    openssl([
      'req',
      '-newkey',
      'ec',
      '-pkeyopt',
      'ec_paramgen_curve:P-256',
      '-nodes',
      '-keyout',
      file('site.key'),
      '-out',
      file('site.csr'),
      '-subj',
      '/CN=localhost',
      '-addext',
      'subjectAltName=DNS:localhost',
    ]);
    openssl([
      'x509',
      '-req',
      '-in',
      file('site.csr'),
      '-CA',
      this.caFile,
      '-CAkey',
      file('ca.key'),
      '-CAcreateserial',
      '-copy_extensions',
      'copy',
      '-days',
      String(days),
      '-out',
      file('site.crt'),
    ]);
    const [key, cert] = [readFileSync(file('site.key')), readFileSync(file('site.crt'))];
    this.server = createServer({ key, cert }, (near) => {
      const far = connect(this.apiPort, '127.0.0.1');
      near.pipe(far).pipe(near);
      near.on('error', () => far.destroy());
      far.on('error', () => near.destroy());
    });
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  async stop(): Promise<void> {
    const { server } = this;
    this.server = undefined;
    server?.close();
  }
}
