import { createHash, randomBytes } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type CryptoKey, type JWK } from 'jose';
import { Provider, type Configuration } from 'oidc-provider';

const CLIENT = 'narwhal';
const SECRET = 'the secret of the client at the provider';

interface Key {
  jwk: JWK;
  privateKey: CryptoKey;
}

/** What a token says other than it should. */
export interface TokenOverrides {
  claims?: Record<string, unknown>;
  header?: Record<string, unknown>;
  key?: CryptoKey | Uint8Array;
}

async function newKey(): Promise<Key> {
  const { privateKey } = await generateKeyPair('ES256', { extractable: true });
  const jwk = {
    ...(await exportJWK(privateKey)),
    kid: randomBytes(8).toString('hex'),
    alg: 'ES256',
    use: 'sig',
  };
  return { jwk, privateKey };
}

/** A certified OpenID provider (oidc-provider) on a port of 127.0.0.1, whose accounts are whoever is named. */
export class IdentityProvider {
  readonly clientId = CLIENT;
  /** The client of an app, whose ID tokens are for it. */
  readonly app = 'org.example.photos';
  readonly redirectUri = 'https://photos.example.org/callback';
  /** Requests that came, by path. */
  readonly requests: string[] = [];
  /** Answers in the place of the provider; false leaves it to it. */
  instead: (request: IncomingMessage, response: ServerResponse) => boolean = () => false;
  private provider!: Provider;
  private key!: Key;
  private port = 0;

  private constructor(private readonly server: Server) {}

  static async start(): Promise<IdentityProvider> {
    const server = createServer();
    const started = new IdentityProvider(server);
    server.on('request', (request: IncomingMessage, response: ServerResponse) => {
      started.requests.push(request.url?.split('?')[0] ?? '');
      if (!started.instead(request, response)) void started.serve(request, response);
    });
    await started.comeBack();
    started.port = (server.address() as AddressInfo).port;
    await started.rotateKeys();
    return started;
  }

  get url(): string {
    return `http://127.0.0.1:${this.port}`;
  }

  /** As IDENTITY_PROVIDERS names it. */
  get settings() {
    const { clientId, app, redirectUri } = this;
    return {
      id: 'ours',
      name: 'Our provider',
      issuer: this.url,
      clientId,
      clientSecret: SECRET,
      apps: [app],
      redirectUris: [redirectUri],
    };
  }

  async stop(): Promise<void> {
    if (!this.server.listening) return;
    this.server.closeAllConnections();
    await new Promise((closed) => this.server.close(closed));
  }

  async comeBack(): Promise<void> {
    await new Promise<void>((listening) => this.server.listen(this.port, '127.0.0.1', listening));
  }

  /** From now on another key signs, and the one before is not published any more. */
  async rotateKeys(): Promise<void> {
    this.key = await newKey();
    this.provider = new Provider(this.url, this.configuration());
  }

  /** An ID token as the SDK of a phone gives it, signed by the provider's key. */
  async idToken(
    subject: string,
    nonce: string,
    { claims, header, key }: TokenOverrides = {},
  ): Promise<string> {
    const now = Math.floor(Date.now() / 1000);
    const body = { iss: this.url, sub: subject, aud: this.app, iat: now, exp: now + 3600, nonce, ...claims };
    return new SignJWT({ ...body, jti: randomBytes(8).toString('hex') })
      .setProtectedHeader({ alg: 'ES256', kid: this.key.jwk.kid, ...header })
      .sign(key ?? this.key.privateKey);
  }

  get signingKey(): CryptoKey {
    return this.key.privateKey;
  }

  /** The public half of its key. */
  get publicKey(): JWK {
    const { d: _private, ...shown } = this.key.jwk;
    return shown;
  }

  /** What its page sends a browser back with, after its owner said who they are; with what the app has to send along. */
  async code(
    subject: string,
    nonce?: string,
  ): Promise<{ code: string; codeVerifier: string; redirectUri: string }> {
    const codeVerifier = randomBytes(32).toString('base64url');
    const query = new URLSearchParams({
      client_id: CLIENT,
      redirect_uri: this.redirectUri,
      response_type: 'code',
      scope: 'openid email profile',
      login_hint: subject,
      code_challenge: createHash('sha256').update(codeVerifier).digest('base64url'),
      code_challenge_method: 'S256',
      ...(nonce === undefined ? {} : { nonce }),
    });
    const cookies = new Map<string, string>();
    let next = `${this.url}/auth?${query.toString()}`;
    while (!next.startsWith(this.redirectUri)) {
      const cookie = [...cookies].map((pair) => pair.join('=')).join('; ');
      const answer = await fetch(next, { redirect: 'manual', headers: { cookie } });
      for (const set of answer.headers.getSetCookie()) {
        const [name = '', value = ''] = set.split(';')[0]?.split(/=(.*)/s) ?? [];
        cookies.set(name, value);
      }
      const location = answer.headers.get('location');
      if (location === null) throw new Error(`expected to be sent on but received ${await answer.text()}`);
      next = new URL(location, this.url).href;
    }
    const code = new URL(next).searchParams.get('code');
    if (code === null) throw new Error(`expected a code but received ${next}`);
    return { code, codeVerifier, redirectUri: this.redirectUri };
  }

  private configuration(): Configuration {
    return {
      clients: [{ client_id: CLIENT, client_secret: SECRET, redirect_uris: [this.redirectUri] }],
      jwks: { keys: [this.key.jwk] },
      cookies: { keys: [SECRET] },
      claims: { email: ['email', 'email_verified'], profile: ['name'] },
      conformIdTokenClaims: false,
      enabledJWA: { idTokenSigningAlgValues: ['ES256'] },
      clientDefaults: { id_token_signed_response_alg: 'ES256' },
      features: { devInteractions: { enabled: false } },
      pkce: { required: () => true },
      ttl: { AccessToken: 600, Grant: 600, IdToken: 600, Interaction: 600, Session: 600 },
      findAccount: (_context, sub) => ({
        accountId: sub,
        claims: () => ({
          sub,
          email: `${sub}@provider.example`,
          email_verified: true,
          name: `${sub} of Ours`,
        }),
      }),
      // Whoever signs in agrees.
      loadExistingGrant: async (context) => {
        const { client, session } = context.oidc;
        const grant = new context.oidc.provider.Grant({
          clientId: client?.clientId ?? '',
          accountId: session?.accountId ?? '',
        });
        grant.addOIDCScope('openid email profile');
        await grant.save();
        return grant;
      },
      interactions: { url: (_context, { uid }) => `/interaction/${uid}` },
    };
  }

  private async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (!request.url?.startsWith('/interaction/')) {
      void this.provider.callback()(request, response);
      return;
    }
    const { params } = await this.provider.interactionDetails(request, response);
    await this.provider.interactionFinished(request, response, {
      login: { accountId: String(params.login_hint) },
    });
  }
}
