import { auditKinds, type AuditEvent } from '@app/storage';
import { z } from 'zod';
import { listOf } from '../http/cursors.js';
import { id, time } from '../http/fields.js';

const securityEvent = z
  .object({
    id,
    kind: z.enum(auditKinds).meta({ description: 'What happened; more kinds will come.' }),
    at: time,
    byYou: z.boolean().meta({ description: 'Whether your account did it, and not an operator or Narwhal.' }),
    address: z.string().nullable().meta({
      description: 'The network from where, shortened to /24 or /48; null when it came from no client.',
    }),
    userAgent: z.string().nullable(),
    params: z.record(z.string(), z.unknown()).meta({ description: 'More about it, by kind.' }),
  })
  .meta({ id: 'SecurityEvent', description: 'Something that happened to an account; kept for a year.' });

export const securityEvents = listOf(securityEvent, 'SecurityEventList');

export function securityEventOf(row: AuditEvent): z.input<typeof securityEvent> {
  return {
    id: row.id,
    kind: row.kind as z.input<typeof securityEvent>['kind'],
    at: row.happened_at.toISOString(),
    byYou: row.actor_id === row.user_id,
    address: row.address,
    userAgent: row.user_agent,
    params: row.params,
  };
}
