import type { JSONWebKeySet, JWTVerifyGetKey } from 'jose';
import { boundedFetch, ProviderFault } from './bounded-fetch.js';
import { KeptAnswer } from './kept-answer.js';

type KeySet = JWTVerifyGetKey & { jwks: () => JSONWebKeySet };

/** In milliseconds. */
export const ANSWER_WITHIN = 5_000;

/**
 * The keys by which a provider signs. jose's own cache of them (createRemoteJWKSet) forgets all after its time, also while the provider is away,
 * and asks a provider that is away once for each made-up key.
 */
export class ProviderKeys {
  private readonly kept: KeptAnswer<KeySet>;

  /** `address`: what the provider says where its keys are. */
  constructor(private readonly address: () => Promise<string>) {
    this.kept = new KeptAnswer(() => this.ask());
  }

  /** @throws ProviderFault; an error of jose where the provider has no such key */
  readonly keyFor: JWTVerifyGetKey = async (...asked) => {
    const { JOSENotSupported, JWKSMultipleMatchingKeys, JWKSNoMatchingKey } = (await import('jose')).errors;
    try {
      return await this.found(...asked);
    } catch (error) {
      const told = [JWKSNoMatchingKey, JWKSMultipleMatchingKeys, JOSENotSupported, ProviderFault];
      throw told.some((kind) => error instanceof kind)
        ? error
        : new ProviderFault('expected keys', { cause: error });
    }
  };

  /** All that it publishes. @throws ProviderFault */
  async all(): Promise<JSONWebKeySet['keys']> {
    return (await this.kept.get()).jwks().keys;
  }

  private async found(...asked: Parameters<KeySet>): Promise<Awaited<ReturnType<KeySet>>> {
    const { JWKSNoMatchingKey } = (await import('jose')).errors;
    const known = await this.kept.get();
    try {
      return await known(...asked);
    } catch (error) {
      const newer = error instanceof JWKSNoMatchingKey ? await this.kept.after(known) : null;
      if (newer) return newer(...asked);
      throw error;
    }
  }

  private async ask(): Promise<KeySet> {
    const { createLocalJWKSet } = await import('jose');
    const url = await this.address();
    const answer = await boundedFetch(url, { signal: AbortSignal.timeout(ANSWER_WITHIN) });
    try {
      if (answer.status !== 200) throw new Error(`expected 200 but received ${answer.status}`);
      return createLocalJWKSet((await answer.json()) as JSONWebKeySet);
    } catch (error) {
      throw new ProviderFault('expected keys', { cause: error });
    }
  }
}
