import { seal, unseal, type Id } from '@app/platform';
import type { MediaKey } from '@app/platform';
import type { FactorRow, SealedSecret } from '@app/storage';
import { generateSecret, generateURI, verifySync } from 'otplib';

/** Seconds that a device's clock may be wrong: one step each way. */
const SKEW = 30;

const purposeFor = (userId: Id): string => `the TOTP secret of ${userId}`;

export const newTotpSecret = (): string => generateSecret();

export function sealTotp(keys: readonly MediaKey[], userId: Id, secret: string): SealedSecret {
  return { secret: seal(keys, purposeFor(userId), secret), sealedBy: keys[0]?.id ?? '' };
}

/** Null where the key that sealed it is gone. */
export const openTotp = (
  keys: readonly MediaKey[],
  { user_id, secret }: Pick<FactorRow, 'user_id' | 'secret'>,
): string | null => (secret === null ? null : unseal(keys, purposeFor(user_id), secret));

/** What authenticator apps read from a QR code. */
export const totpUri = (issuer: string, label: string, secret: string): string =>
  generateURI({ issuer, label, secret });

/** The time step of a code; null for a wrong one. */
export function stepOf(secret: string, code: string, now = Date.now()): number | null {
  if (!/^\d{6}$/.test(code)) return null;
  const found = verifySync({ secret, token: code, epoch: now / 1000, epochTolerance: SKEW });
  return found.valid && 'timeStep' in found ? found.timeStep : null;
}
