import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, isId, limits, seal, unseal, type Config, type Id } from '@app/platform';
import { FactorRows, type FactorRow, type Tx } from '@app/storage';
import type { AuthenticationResponseJSON, RegistrationResponseJSON } from '@simplewebauthn/server';

/** What a browser or a phone made, as `PublicKeyCredential.toJSON()` gives it; the library looks at the rest of it. */
export type RegisteredCredential = Pick<RegistrationResponseJSON, 'id'>;
export interface UsedCredential extends Pick<AuthenticationResponseJSON, 'id'> {
  response: { userHandle?: string | null | undefined };
}

export interface NewPasskey {
  credentialId: Buffer;
  publicKey: Buffer;
  counter: number;
  transports: string[];
}

/** EdDSA, ECDSA with P-256, RSA: all that phones, browsers and security keys speak. */
const ALGORITHMS = [-8, -7, -257];
const forUse = 'the challenge of a passkey';
const forNew = (userId: Id): string => `the challenge of a new passkey of ${userId}`;

/** Loaded at the first ceremony: its certificates' readers are half a process's start. */
const library = () => import('@simplewebauthn/server');

/**
 * The two ceremonies of WebAuthn. A challenge is stored nowhere: it is sealed, says when it was made, and is good for five minutes;
 * each passkey remembers the newest that it answered and refuses any that is not newer, so that none is answered twice.
 */
@Injectable()
export class PasskeyCeremonies {
  constructor(
    @Inject(CONFIG)
    private readonly config: Pick<Config, 'TOKEN_KEYS' | 'INSTANCE_NAME' | 'publicUrl' | 'APP_ORIGINS'>,
    private readonly rows: FactorRows,
  ) {}

  /** Options for `navigator.credentials.create`. */
  creation(user: { id: Id; username: string; displayName: string }, known: readonly FactorRow[]) {
    return {
      rp: { id: this.relyingParty, name: this.config.INSTANCE_NAME },
      user: {
        id: Buffer.from(user.id).toString('base64url'),
        name: user.username,
        displayName: user.displayName || user.username,
      },
      challenge: this.challenge(forNew(user.id)),
      pubKeyCredParams: ALGORITHMS.map((alg) => ({ type: 'public-key' as const, alg })),
      timeout: limits.secondFactor.challengeFor * 1000,
      excludeCredentials: described(known),
      authenticatorSelection: {
        residentKey: 'preferred' as const,
        userVerification: 'preferred' as const,
      },
      attestation: 'none' as const,
    };
  }

  /** Options for `navigator.credentials.get`; without passkeys, the device offers those that it knows, and asks who is there. */
  request(known: readonly FactorRow[] = []) {
    return {
      challenge: this.challenge(forUse),
      timeout: limits.secondFactor.challengeFor * 1000,
      rpId: this.relyingParty,
      allowCredentials: described(known),
      userVerification: known.length > 0 ? ('preferred' as const) : ('required' as const),
    };
  }

  /** A passkey that was just made for this person; null for anything else. */
  async made(userId: Id, response: RegisteredCredential): Promise<NewPasskey | null> {
    const { verifyRegistrationResponse } = await library();
    const checked = await verifyRegistrationResponse({
      response: response as RegistrationResponseJSON,
      expectedChallenge: (challenge) => this.timeOf(forNew(userId), challenge) !== null,
      expectedOrigin: this.origins,
      expectedRPID: this.relyingParty,
      requireUserVerification: false,
      supportedAlgorithmIDs: ALGORITHMS,
      // It throws for whatever is not as it should be.
    }).catch(() => null);
    if (!checked?.registrationInfo) return null;
    const { id, publicKey, counter, transports = [] } = checked.registrationInfo.credential;
    return {
      credentialId: Buffer.from(id, 'base64url'),
      publicKey: Buffer.from(publicKey),
      counter,
      transports: transports.filter((one) => /^[a-z-]{1,20}$/.test(one)).slice(0, 8),
    };
  }

  /** The person who is named by a passkey that was used without a login; null where it names nobody. */
  personOf({ response }: UsedCredential): Id | null {
    const id = Buffer.from(response.userHandle ?? '', 'base64url').toString();
    return isId(id) ? id : null;
  }

  /** Uses up a challenge, where one of these passkeys of a locked account has answered it. */
  async use(
    tx: Tx,
    passkeys: readonly FactorRow[],
    credential: UsedCredential,
    { verified }: { verified: boolean },
  ): Promise<boolean> {
    const passkey = passkeys.find(
      ({ kind, credential_id }) =>
        kind === 'passkey' && credential_id?.toString('base64url') === credential.id,
    );
    if (!passkey?.public_key) return false;
    let madeAt = 0;
    const { verifyAuthenticationResponse } = await library();
    const checked = await verifyAuthenticationResponse({
      response: credential as AuthenticationResponseJSON,
      expectedChallenge: (challenge) => {
        madeAt = this.timeOf(forUse, challenge) ?? 0;
        return madeAt > Number(passkey.step);
      },
      expectedOrigin: this.origins,
      expectedRPID: this.relyingParty,
      credential: {
        id: credential.id,
        publicKey: new Uint8Array(passkey.public_key),
        counter: Number(passkey.counter),
      },
      requireUserVerification: verified,
      // It throws for whatever is not as it should be.
    }).catch(() => null);
    if (!checked?.verified) return false;
    await this.rows.use(tx, passkey.id, madeAt, checked.authenticationInfo.newCounter);
    return true;
  }

  private get relyingParty(): string {
    return new URL(this.config.publicUrl).hostname;
  }

  private get origins(): string[] {
    return [new URL(this.config.publicUrl).origin, ...this.config.APP_ORIGINS];
  }

  private challenge(purpose: string): string {
    return seal(this.config.TOKEN_KEYS, purpose, String(Date.now()));
  }

  /** When we made a challenge; null for one that is too old, or not ours. */
  private timeOf(purpose: string, challenge: string): number | null {
    const madeAt = Number(unseal(this.config.TOKEN_KEYS, purpose, challenge) ?? 0);
    return madeAt > Date.now() - limits.secondFactor.challengeFor * 1000 ? madeAt : null;
  }
}

const described = (rows: readonly FactorRow[]) =>
  rows.flatMap(({ credential_id, transports }) =>
    credential_id === null
      ? []
      : [
          {
            type: 'public-key' as const,
            id: credential_id.toString('base64url'),
            transports: transports ?? [],
          },
        ],
  );
