import { createHash } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, counter, LOGGER, problem, Problem, type Config, type Logger } from '@app/platform';
import { BoundedWork } from '../accounts/bounded-work.js';
import { ProviderFault } from './bounded-fetch.js';
import { TokenFault, verifyIdToken } from './id-token.js';
import { ProviderConnection, type GivenCode } from './provider-connection.js';

/** What an app gives to show who somebody is at a provider: an ID token, or a code for one. */
export type GivenIdentity = { provider: string } & ({ idToken: string; nonce: string } | GivenCode);

/** Somebody, as a provider knows them. */
export interface ProvenIdentity {
  provider: string;
  /** What it calls them, for ever. */
  subject: string;
  /** Only where the provider says that it has verified it. */
  email: string | null;
  name: string | null;
  /** SHA-256 of what of the ID token is signed: each is taken once. */
  token: Buffer;
}

/** At a provider that is slow, further sign-ins are refused at once. */
const AT_ONCE = 20;
const RETRY_SECONDS = 10;

const outcomes: Partial<Record<string, string>> = {
  identity_refused: 'refused',
  provider_unavailable: 'unavailable',
  busy: 'busy',
};
const count = (provider: string, outcome: string): void =>
  counter('narwhal_provider_answers_total').inc({ provider, outcome });

interface Provider {
  connection: ProviderConnection;
  turns: BoundedWork;
}

/** The providers by which people sign in: IDENTITY_PROVIDERS. */
@Injectable()
export class IdentityProviders {
  private readonly all: ReadonlyMap<string, Provider>;

  constructor(
    @Inject(CONFIG) config: Pick<Config, 'IDENTITY_PROVIDERS'>,
    @Inject(LOGGER) private readonly logger: Logger,
  ) {
    const connected = config.IDENTITY_PROVIDERS.map((settings): [string, Provider] => [
      settings.id,
      {
        connection: new ProviderConnection(settings),
        turns: new BoundedWork({ atOnce: AT_ONCE, queue: 0 }),
      },
    ]);
    this.all = new Map(connected);
  }

  /** In the operator's order. */
  list() {
    return [...this.all.values()].map(({ connection: { settings } }) => {
      const { id, name, issuer, clientId, scopes } = settings;
      return { id, name, issuer, clientId, scopes };
    });
  }

  /**
   * Who somebody is, by what a provider says. Asks it over the network, so never in a transaction.
   *
   * @throws Problem 401 `identity_refused`; 404 for an unknown provider; 503 `provider_unavailable`, `busy`
   */
  async prove(given: GivenIdentity): Promise<ProvenIdentity> {
    const provider = this.all.get(given.provider);
    if (!provider) throw problem('not_found');
    const work = provider.turns.run(() =>
      this.proven(provider.connection, given).catch((error: unknown) => {
        throw this.refusal(given.provider, error);
      }),
    );
    return work.then(
      (proven) => {
        count(given.provider, 'proven');
        return proven;
      },
      (error: unknown) => {
        count(given.provider, (error instanceof Problem && outcomes[error.code]) || 'failed');
        throw error;
      },
    );
  }

  private async proven(connection: ProviderConnection, given: GivenIdentity): Promise<ProvenIdentity> {
    const isCode = 'code' in given;
    const token = isCode ? await connection.exchange(given) : given.idToken;
    const { issuer } = await connection.discover();
    const { clientId, apps, id: provider } = connection.settings;
    const { subject, email, name } = await verifyIdToken(token, {
      issuer,
      audiences: isCode ? [clientId] : [clientId, ...apps],
      nonce: given.nonce ?? null,
      keys: connection.keys.keyFor,
    });
    return { provider, subject, email, name, token: digestOf(token) };
  }

  /** The reason is for operators: whoever sends made-up tokens learns nothing of it. */
  private refusal(provider: string, error: unknown): Problem {
    if (error instanceof Problem) return error;
    const cause = error instanceof Error && error.cause instanceof Error ? error.cause.message : undefined;
    const facts = { provider, reason: error instanceof Error ? error.message : String(error), cause };
    if (error instanceof ProviderFault) {
      this.logger.warn(facts, 'an identity provider is of no use');
      const headers = { 'retry-after': String(RETRY_SECONDS) };
      return problem('provider_unavailable', { cause: error, params: { provider }, headers });
    }
    if (!isOfToken(error)) throw error;
    this.logger.info(facts, 'an identity was refused');
    return problem('identity_refused', { cause: error });
  }
}

/** Without the signature, which anybody can write otherwise: its last bits are unused, and with (r, s) of ECDSA (r, -s) is good, too. */
const digestOf = (token: string): Buffer =>
  createHash('sha256')
    .update(token.slice(0, token.lastIndexOf('.')))
    .digest();

/** The codes of jose begin so. */
const isOfToken = (error: unknown): boolean =>
  error instanceof TokenFault || String((error as { code?: unknown }).code).startsWith('ERR_J');
