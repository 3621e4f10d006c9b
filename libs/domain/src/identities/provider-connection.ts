import type { IdentityProvider } from '@app/platform';
import type {
  AuthorizationCodeGrantChecks,
  ClientAuth,
  Configuration,
  CustomFetchOptions,
} from 'openid-client';
import { boundedFetch, ProviderFault } from './bounded-fetch.js';
import { SKEW_SECONDS, TokenFault } from './id-token.js';
import { KeptAnswer } from './kept-answer.js';
import { ANSWER_WITHIN, ProviderKeys } from './provider-keys.js';

/** A code that a provider sent a browser back with. */
export interface GivenCode {
  code: string;
  codeVerifier: string;
  redirectUri: string;
  nonce?: string | undefined;
}

const APPLE = 'https://appleid.apple.com';

/** Both are loaded at the first use: most instances name no provider. */
const openid = () => import('openid-client');
const jose = () => import('jose');

interface Discovered {
  configuration: Configuration;
  issuer: string;
  keysAt: string;
}

/** One provider: what it says of itself, its keys, and the exchange of codes. */
export class ProviderConnection {
  private readonly discovered = new KeptAnswer(() => this.ask());
  readonly keys = new ProviderKeys(async () => (await this.discover()).keysAt);

  constructor(readonly settings: IdentityProvider) {}

  /** What the provider says of itself. @throws ProviderFault */
  discover(): Promise<Discovered> {
    return this.discovered.get();
  }

  private async ask(): Promise<Discovered> {
    const { allowInsecureRequests, clockTolerance, customFetch, discovery } = await openid();
    const { issuer, clientId } = this.settings;
    try {
      const client = { [clockTolerance]: SKEW_SECONDS };
      const authentication = await this.authentication();
      const configuration = await discovery(new URL(issuer), clientId, client, authentication, {
        timeout: ANSWER_WITHIN / 1000,
        [customFetch]: (url: string, options: CustomFetchOptions) => boundedFetch(url, options),
        execute: new URL(issuer).protocol === 'http:' ? [allowInsecureRequests] : [],
      });
      const { issuer: named, jwks_uri: keysAt } = configuration.serverMetadata();
      if (withoutSlash(named) !== withoutSlash(issuer))
        throw new Error(`expected the issuer ${issuer} but received ${named}`);
      if (keysAt === undefined || !this.isAllowed(keysAt))
        throw new Error('expected an https address of keys');
      return { configuration, issuer: named, keysAt };
    } catch (error) {
      throw new ProviderFault(`expected ${issuer} to say what it is`, { cause: error });
    }
  }

  /**
   * Exchanges a code for an ID token, which is still to be verified.
   *
   * @throws TokenFault for a code that is not good; ProviderFault
   */
  async exchange({ code, codeVerifier, redirectUri, nonce }: GivenCode): Promise<string> {
    if (!this.settings.redirectUris.includes(redirectUri))
      throw new TokenFault('expected a redirectUri of the settings');
    const { configuration, issuer } = await this.discover();
    const client = await openid();
    const address = new URL(redirectUri);
    address.searchParams.set('code', code);
    // Which provider sent it is told by the client's own request.
    if (configuration.serverMetadata().authorization_response_iss_parameter_supported)
      address.searchParams.set('iss', issuer);
    const checks: AuthorizationCodeGrantChecks = {
      pkceCodeVerifier: codeVerifier,
      expectedState: client.skipStateCheck,
      idTokenExpected: true,
      ...(nonce === undefined ? {} : { expectedNonce: nonce }),
    };
    try {
      const given = await client.authorizationCodeGrant(configuration, address, checks, {
        redirect_uri: redirectUri,
      });
      return given.id_token ?? '';
    } catch (error) {
      throw isOfCode(error)
        ? new TokenFault('expected a good code', { cause: error })
        : new ProviderFault('expected a token for the code', { cause: error });
    }
  }

  private isAllowed(url: string): boolean {
    return new URL(url).protocol === 'https:' || new URL(this.settings.issuer).protocol === 'http:';
  }

  private async authentication(): Promise<ClientAuth> {
    const { ClientSecretBasic, ClientSecretPost, None } = await openid();
    const { clientSecret, apple, clientId } = this.settings;
    if (apple) {
      const bySignature = async (_server: unknown, _client: unknown, body: URLSearchParams) => {
        body.set('client_id', clientId);
        body.set('client_secret', await this.appleSecret(apple));
      };
      // oxlint-disable-next-line typescript/no-misused-promises -- the library awaits what it returns
      return bySignature;
    }
    if (clientSecret === undefined) return None();
    const [basic, post] = [ClientSecretBasic(clientSecret), ClientSecretPost(clientSecret)];
    return (server, ...rest) =>
      (server.token_endpoint_auth_methods_supported?.includes('client_secret_post') ? post : basic)(
        server,
        ...rest,
      );
  }

  /** https://developer.apple.com/documentation/accountorganizationaldatasharing/creating-a-client-secret */
  private async appleSecret({
    teamId,
    keyId,
    privateKey,
  }: NonNullable<IdentityProvider['apple']>): Promise<string> {
    const { importPKCS8, SignJWT } = await jose();
    return new SignJWT()
      .setProtectedHeader({ alg: 'ES256', kid: keyId })
      .setIssuer(teamId)
      .setSubject(this.settings.clientId)
      .setAudience(APPLE)
      .setIssuedAt()
      .setExpirationTime('5m')
      .sign(await importPKCS8(privateKey, 'ES256'));
  }
}

const withoutSlash = (url: string): string => url.replace(/\/$/, '');

/** Whether the provider, or the token that it gave, says that the code is not good; some call a made-up one an invalid request. */
function isOfCode(error: unknown): boolean {
  const { error: said, code } = error as { error?: unknown; code?: unknown };
  const isCode = said === 'invalid_grant' || said === 'invalid_request';
  return isCode || (typeof code === 'string' && code.startsWith('OAUTH_JWT'));
}
