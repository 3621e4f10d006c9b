import { INVITATION_CODE, limits } from '@app/platform';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { address, count, id, shown, time } from '../http/fields.js';

export const newInvitation = z
  .strictObject({
    uses: z
      .int()
      .min(1)
      .max(limits.invitation.perWeekByAdmins)
      .default(1)
      .meta({ description: 'For how many people it is.' }),
  })
  .meta({ id: 'NewInvitation', description: 'An invitation to be made.' });

export const invitation = z
  .object({
    id,
    code: shown(INVITATION_CODE, 'Sent as `inviteCode` at sign-up; it lets anybody in who has it.'),
    url: address('A page that says who invites, and shows the code: to send to somebody.'),
    uses: count('For how many people it is.'),
    usesLeft: count('How many of them have not come yet.'),
    createdAt: time.meta({ description: 'When it was made.' }),
    expiresAt: time.meta({ description: 'From when on nobody comes by it.' }),
  })
  .meta({
    id: 'Invitation',
    description: 'An invitation of one’s own. It does not tell who signed up by it.',
  });

export const invitationList = listOf(invitation, 'InvitationList');
