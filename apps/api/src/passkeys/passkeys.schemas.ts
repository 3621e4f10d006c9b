import type { FactorRow } from '@app/storage';
import { limits } from '@app/platform';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { id, shown, text, time } from '../http/fields.js';

/** What browsers and phones make has more fields, and will have others: the library looks at those that count. */
const bytes = (description: string) => z.string().max(20_000).meta({ description });

const credentialFields = {
  id: bytes('The id of the passkey, in base64url.'),
  rawId: bytes('The same.'),
  type: z.enum(['public-key']).meta({ description: 'What it is.' }),
  clientExtensionResults: z.looseObject({}).optional().meta({ description: 'As the device gives it.' }),
};

export const newCredential = z
  .looseObject({
    ...credentialFields,
    response: z
      .looseObject({
        clientDataJSON: bytes('What the device signed, in base64url.'),
        attestationObject: bytes('The new public key, in base64url.'),
        transports: z
          .array(z.string().max(50))
          .max(20)
          .optional()
          .meta({ description: 'How it is reached.' }),
      })
      .meta({ description: 'What the device answers.' }),
  })
  .meta({ id: 'NewCredential', description: 'A new passkey, as `PublicKeyCredential.toJSON()` gives it.' });

export const usedCredential = z
  .looseObject({
    ...credentialFields,
    response: z
      .looseObject({
        clientDataJSON: bytes('What the device signed, in base64url.'),
        authenticatorData: bytes('What the device says of itself, in base64url.'),
        signature: bytes('Its signature, in base64url.'),
        userHandle: bytes('Whose it is, in base64url.').nullable().optional(),
      })
      .meta({ description: 'What the device answers.' }),
  })
  .meta({
    id: 'UsedCredential',
    description: 'The answer of a passkey, as `PublicKeyCredential.toJSON()` gives it.',
  });

const descriptor = z
  .object({
    type: z.enum(['public-key']).meta({ description: 'What it is.' }),
    id: shown(2_000, 'The id of a passkey, in base64url.'),
    transports: z.array(shown(50, 'Such as `internal`.')).max(20).meta({ description: 'How it is reached.' }),
  })
  .meta({ id: 'PasskeyDescriptor', description: 'A passkey, as browsers know it.' });

const passkeysOf = z.array(descriptor).max(limits.secondFactor.passkeys);
const challenge = shown(500, 'What the device signs, in base64url; good for five minutes, and once.');
const timeout = z.int().meta({ description: 'For how long it is good, in milliseconds.' });
const verification = z
  .enum(['required', 'preferred'])
  .meta({ description: 'Whether the device makes sure of its owner.' });
const relyingParty = shown(255, 'The host of this instance, to which passkeys belong.');

export const requestOptions = z
  .object({
    challenge,
    timeout,
    rpId: relyingParty,
    allowCredentials: passkeysOf.meta({
      description: 'Which passkeys may answer; none are named where any may.',
    }),
    userVerification: verification,
  })
  .meta({
    id: 'PasskeyRequestOptions',
    description: 'For `navigator.credentials.get`, as JSON (`parseRequestOptionsFromJSON`).',
  });

export const creationOptions = z
  .object({
    rp: z
      .object({ id: relyingParty, name: shown(200, 'What this instance is called.') })
      .meta({ description: 'Who asks.' }),
    user: z
      .object({
        id: shown(100, 'Who it is, in base64url.'),
        name: shown(limits.user.username, 'The username.'),
        displayName: shown(limits.user.displayName, 'The name that is shown.'),
      })
      .meta({ description: 'For whom.' }),
    challenge,
    pubKeyCredParams: z
      .array(
        z
          .object({
            type: z.enum(['public-key']).meta({ description: 'What it is.' }),
            alg: z.int().meta({ description: 'A COSE algorithm.' }),
          })
          .meta({ description: 'A kind of key.' }),
      )
      .max(10)
      .meta({ description: 'Which keys are taken.' }),
    timeout,
    excludeCredentials: passkeysOf.meta({ description: 'Those that there are.' }),
    authenticatorSelection: z
      .object({
        residentKey: z.enum(['preferred']).meta({ description: 'Whether the device keeps whose it is.' }),
        userVerification: verification,
      })
      .meta({ description: 'Which devices are meant.' }),
    attestation: z.enum(['none']).meta({ description: 'Nothing is asked about the device.' }),
  })
  .meta({
    id: 'PasskeyCreationOptions',
    description: 'For `navigator.credentials.create`, as JSON (`parseCreationOptionsFromJSON`).',
  });

const name = text({ max: limits.secondFactor.passkeyName, min: 1 });

export const passkeyMaking = z
  .strictObject({
    name: name.meta({ description: 'What its owner calls it: the phone, the key in the drawer.' }),
    credential: newCredential,
  })
  .meta({ id: 'PasskeyMaking', description: 'A new passkey and its name.' });

export const passkey = z
  .object({
    id,
    name: shown(limits.secondFactor.passkeyName, 'What its owner calls it.'),
    createdAt: time.meta({ description: 'When it was added.' }),
    lastUsedAt: time.nullable().meta({ description: 'When it was last used; null for never.' }),
  })
  .meta({ id: 'Passkey', description: 'A passkey of one’s own.' });

export const madePasskey = passkey
  .extend({
    recoveryCodes: z.array(shown(50, 'Stands in for a second factor once.')).max(10).nullable().meta({
      description: 'With the first factor: shown once. Null otherwise, and when the request is repeated.',
    }),
  })
  .meta({ id: 'MadePasskey', description: 'The passkey that was added.' });

export const passkeyList = listOf(passkey, 'PasskeyList');

export const shownPasskey = (row: FactorRow): z.input<typeof passkey> => ({
  id: row.id,
  name: row.name ?? '',
  createdAt: row.created_at.toISOString(),
  lastUsedAt: row.used_at?.toISOString() ?? null,
});

export const passkeyOptions = z
  .strictObject({
    challenge: z.string().max(1_000).optional().meta({
      description: 'Of `second_factor_required`; without it, any passkey of the device may answer.',
    }),
  })
  .meta({ id: 'PasskeyOptions', description: 'For whose passkey.' });

export const passkeySignIn = z
  .strictObject({ credential: usedCredential })
  .meta({ id: 'PasskeySignIn', description: 'The answer of a passkey.' });
