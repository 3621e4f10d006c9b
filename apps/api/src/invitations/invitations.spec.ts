import { limits } from '@app/platform';
import { expect, test } from 'vitest';
import { newInvitation } from './invitations.schemas.js';

test('an invitation is for one person unless it says otherwise, and for no more than anybody may invite', () => {
  expect(newInvitation.parse({})).toEqual({ uses: 1 });
  for (const uses of [0, -1, 1.5, '2', null, limits.invitation.perWeekByAdmins + 1])
    expect(newInvitation.safeParse({ uses }).success).toBe(false);
});
