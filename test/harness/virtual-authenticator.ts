import { spawn, type ChildProcess } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { browser } from '../clients/browser.js';
import { patient } from './pace.js';

interface Said {
  id?: number;
  result?: object;
  error?: { message: string };
}
interface Evaluated {
  result: { value?: unknown };
  exceptionDetails?: { exception?: { description?: string } };
}

/** An empty page of an origin, whose port is known before anything else starts. */
export class EmptyPage {
  private constructor(private readonly server: Server) {}

  static async open(): Promise<EmptyPage> {
    const server = createServer((_, response) =>
      response.setHeader('content-type', 'text/html').end('<!doctype html><title>Passkeys</title>'),
    );
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return new EmptyPage(server);
  }

  /** By name: an address is no relying party. */
  get url(): string {
    return `http://localhost:${(this.server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.server.closeAllConnections();
    await new Promise((resolve) => this.server.close(resolve));
  }
}

/** Chromium on a page, with a device in it that makes and uses passkeys (DevTools protocol, domain WebAuthn). */
export class VirtualAuthenticator {
  private readonly waiting = new Map<number, (said: Said) => void>();
  private authenticatorId = '';
  private count = 0;

  private constructor(
    private readonly child: ChildProcess,
    private readonly socket: WebSocket,
  ) {
    socket.addEventListener('message', ({ data }) => {
      const said = JSON.parse(String(data)) as Said;
      if (said.id !== undefined) this.waiting.get(said.id)?.(said);
    });
  }

  static async open(page: string, profile: string): Promise<VirtualAuthenticator> {
    const flags = [
      '--headless=new',
      '--no-sandbox',
      '--disable-gpu',
      '--no-first-run',
      '--remote-debugging-port=0',
    ];
    const child = spawn(browser ?? '', [...flags, `--user-data-dir=${profile}`, page], { stdio: 'ignore' });
    const socket = new WebSocket(await targetOf(profile, page));
    await new Promise((settle, fail) => {
      socket.addEventListener('open', settle);
      socket.addEventListener('error', fail);
    });
    const opened = new VirtualAuthenticator(child, socket);
    await opened.ask('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    const made = await opened.ask('WebAuthn.addVirtualAuthenticator', { options });
    opened.authenticatorId = (made as { authenticatorId: string }).authenticatorId;
    return opened;
  }

  /** Whether the device makes sure that its owner is there. */
  async verifiesUser(isUserVerified: boolean): Promise<void> {
    await this.ask('WebAuthn.setUserVerified', { authenticatorId: this.authenticatorId, isUserVerified });
  }

  create(options: object): Promise<object> {
    return this.run(
      `navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(${JSON.stringify(options)}) })`,
    );
  }

  get(options: object): Promise<object> {
    return this.run(
      `navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(${JSON.stringify(options)}) })`,
    );
  }

  close(): void {
    this.socket.close();
    this.child.kill('SIGKILL');
  }

  private async run(ceremony: string): Promise<object> {
    const expression = `${ceremony}.then((credential) => credential.toJSON())`;
    const { result, exceptionDetails } = (await this.ask('Runtime.evaluate', {
      expression,
      awaitPromise: true,
      returnByValue: true,
      userGesture: true,
    })) as Evaluated;
    if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? 'the ceremony failed');
    return result.value as object;
  }

  private async ask(method: string, params: object = {}): Promise<object> {
    const id = (this.count += 1);
    this.socket.send(JSON.stringify({ id, method, params }));
    const { result, error } = await new Promise<Said>((settle) => this.waiting.set(id, settle));
    if (error) throw new Error(`${method}: ${error.message}`);
    return result ?? {};
  }
}

/** Where the page is spoken to, once the browser says it in its profile. */
async function targetOf(profile: string, page: string): Promise<string> {
  for (const end = Date.now() + patient(30_000); Date.now() < end; await sleep(100)) {
    // Not there yet.
    const said = await readFile(join(profile, 'DevToolsActivePort'), 'utf8').catch(() => '');
    const [port] = said.split('\n');
    const list = port ? await fetch(`http://127.0.0.1:${port}/json/list`).catch(() => undefined) : undefined;
    const targets = ((await list?.json()) ?? []) as { url: string; webSocketDebuggerUrl: string }[];
    const found = targets.find(({ url }) => url.startsWith(page));
    if (found) return found.webSocketDebuggerUrl;
  }
  throw new Error('expected Chromium to open the page within 30 s');
}
