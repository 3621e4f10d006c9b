import { z } from 'zod';
import { count, flag, shown } from '../http/fields.js';

export const totpState = z
  .object({
    enabled: flag('Whether signing in asks for a code of an authenticator app.'),
    recoveryCodes: count('How many recovery codes were not used.'),
  })
  .meta({ id: 'TotpState', description: 'The second factor by an authenticator app.' });

export const newTotp = z
  .object({
    secret: shown(100, 'For typing into an authenticator app, in base32.'),
    uri: shown(1_000, 'The same for a QR code: `otpauth://totp/...`.'),
  })
  .meta({ id: 'NewTotp', description: 'A secret that counts once a code of it was sent; shown once.' });

export const totpConfirmation = z
  .strictObject({
    code: z
      .string()
      .max(20)
      .meta({ description: 'The six digits that the app shows now.', example: '042137' }),
  })
  .meta({ id: 'TotpConfirmation', description: 'A code of the new secret.' });

export const recoveryCodes = z
  .object({
    recoveryCodes: z
      .array(shown(50, 'Stands in for a second factor once.'))
      .max(10)
      .meta({ description: 'Shown once; earlier ones have ended.' }),
  })
  .meta({
    id: 'RecoveryCodes',
    description: 'What its owner keeps on paper, for the day when the phone is lost.',
  });
