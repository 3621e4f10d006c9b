import { connect, type ClientHttp2Session } from 'node:http2';
import { Broken, CONNECT, HANDSHAKE, NAME, PATIENCE, PORT, type Answer, type Sent } from './edge-requests.js';

/** One connection per address, opened on first use and again after it has ended. */
export class Http2Connections {
  private readonly open = new Map<string, Promise<ClientHttp2Session>>();

  constructor(private readonly authority: string) {}

  /** @throws Broken when there is no connection, or it ended before the response */
  async send(address: string, { method, path, headers = {} }: Sent): Promise<Answer> {
    const session = await this.session(address);
    return new Promise((resolve, reject) => {
      const outgoing = session.request({
        ':method': method,
        ':path': path,
        ':authority': NAME,
        ...headers,
      });
      let [status, body] = [0, ''];
      outgoing.setTimeout(PATIENCE, () => {
        // Later streams of a connection that hangs may hang, too: the next request opens another one.
        this.open.delete(address);
        session.close();
        outgoing.destroy(new Error('no answer'));
      });
      outgoing.on('response', (given) => (status = Number(given[':status'])));
      outgoing.setEncoding('latin1').on('data', (chunk: string) => (body += chunk));
      outgoing.on('end', () => (status > 0 && !outgoing.aborted ? resolve({ status, body }) : undefined));
      outgoing.on('error', (error) => reject(new Broken(true, error.message)));
      outgoing.on('close', () => reject(new Broken(true, `the stream was ended (${outgoing.rstCode})`)));
      outgoing.end();
    });
  }

  private session(address: string): Promise<ClientHttp2Session> {
    const there = this.open.get(address);
    if (there) return there;
    const made = this.make(address);
    this.open.set(address, made);
    made.catch(() => this.open.delete(address));
    return made;
  }

  private make(address: string): Promise<ClientHttp2Session> {
    const forget = () => void this.open.delete(address);
    return new Promise((resolve, reject) => {
      const session = connect(`https://${address}:${PORT}`, { ca: this.authority, servername: NAME });
      const end = () => session.destroy(new Error('no connection'));
      let late = setTimeout(end, CONNECT);
      session.socket.once('connect', () => {
        clearTimeout(late);
        late = setTimeout(end, HANDSHAKE);
      });
      // Current requests are answered; later ones need another connection.
      session.on('goaway', forget).on('close', forget);
      session.on('error', (error) => reject(new Broken(false, error.message)));
      session.on('close', () => reject(new Broken(false, 'the connection was closed')));
      session.on('connect', () => {
        clearTimeout(late);
        resolve(session);
      });
    });
  }

  close(): void {
    for (const session of this.open.values())
      void session.then(
        (each) => each.destroy(),
        () => undefined,
      );
  }
}
