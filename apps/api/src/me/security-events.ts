import { auditKinds, type AuditEvent } from '@app/storage';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { count, flag, id, shown, time } from '../http/fields.js';

/** Each kind has some of these. They leave out what only operators may know, such as who typed a command. */
const params = z
  .object({
    sessionId: id.meta({ description: 'The session.' }),
    count: count('How many sessions.'),
    before: shown(30, 'The name before.'),
    after: shown(30, 'The name since.'),
    factor: shown(30, 'The second factor: `totp` or `passkey`.'),
    role: shown(30, 'The role since.'),
    postId: id.meta({ description: 'The post.' }),
    photoId: id.meta({ description: 'The photo.' }),
    commentId: id.meta({ description: 'The comment.' }),
    collectionId: id.meta({ description: 'The collection.' }),
  })
  .partial()
  .meta({ id: 'SecurityEventParams', description: 'More about it, by kind.' });

const securityEvent = z
  .object({
    id,
    kind: z.enum(auditKinds).meta({ description: 'What happened; more kinds will come.' }),
    at: time.meta({ description: 'When it happened.' }),
    byYou: flag('Whether your account did it, and not somebody else, an operator or Narwhal.'),
    address: shown(
      50,
      'The network from where, shortened to /24 or /48; null when it came from no client, or from somebody else’s.',
    ).nullable(),
    userAgent: shown(200, 'What the client called itself, cut; null as `address` is.').nullable(),
    params,
  })
  .meta({ id: 'SecurityEvent', description: 'Something that happened to an account; kept for a year.' });

export const securityEvents = listOf(securityEvent, 'SecurityEventList');

/** Where other people are is nobody’s business; who acts without an account is not among them. */
export function securityEventOf(row: AuditEvent): z.input<typeof securityEvent> {
  const isOthers = row.actor_id !== null && row.actor_id !== row.user_id;
  return {
    id: row.id,
    kind: row.kind as z.input<typeof securityEvent>['kind'],
    at: row.happened_at.toISOString(),
    byYou: row.actor_id === row.user_id,
    address: isOthers ? null : row.address,
    userAgent: isOthers ? null : row.user_agent,
    params: Object.fromEntries(Object.entries(row.params).filter(([name]) => name in params.shape)),
  };
}
