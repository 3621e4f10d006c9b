import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { BrowserPage } from './browser-page.js';

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

/** A device in Chromium that makes and uses passkeys (DevTools protocol, domain WebAuthn). */
export class VirtualAuthenticator {
  private constructor(
    private readonly page: BrowserPage,
    private readonly authenticatorId: string,
  ) {}

  static async plugInto(page: BrowserPage): Promise<VirtualAuthenticator> {
    await page.ask('WebAuthn.enable');
    const options = {
      protocol: 'ctap2',
      transport: 'internal',
      hasResidentKey: true,
      hasUserVerification: true,
      isUserVerified: true,
      automaticPresenceSimulation: true,
    };
    const made = await page.ask('WebAuthn.addVirtualAuthenticator', { options });
    return new VirtualAuthenticator(page, (made as { authenticatorId: string }).authenticatorId);
  }

  /** Whether the device makes sure that its owner is there. */
  async verifiesUser(isUserVerified: boolean): Promise<void> {
    const { authenticatorId } = this;
    await this.page.ask('WebAuthn.setUserVerified', { authenticatorId, isUserVerified });
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

  private async run(ceremony: string): Promise<object> {
    return (await this.page.evaluate(`${ceremony}.then((credential) => credential.toJSON())`)) as object;
  }
}
