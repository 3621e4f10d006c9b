import type { Id } from '@app/platform';
import { Entity, Index } from 'typeorm';
import { Column, Key, Nullable, OnShard } from './column.js';

@Entity('audit_events', {
  comment: 'Who did what to whom, when and from where; rows are added, never changed, and kept for a year',
})
@Index('audit_events_of_user', ['shard', 'user_id', 'id'])
@Index('audit_events_age', ['happened_at'])
export class AuditEvent extends OnShard {
  @Key('bigint', 'Made by next_id on the shard of the person concerned; orders the list') id!: Id;
  @Column('bigint', 'The person whom it concerns') user_id!: Id;
  @Nullable('bigint', 'Who did it; null for an operator on the command line, and for Narwhal itself')
  actor_id!: Id | null;
  @Column('text', 'What happened, as docs/clients.md lists it') kind!: string;
  @Nullable('text', 'The network from where, shortened to /24 or /48; null when it came from no client')
  address!: string | null;
  @Nullable('text', 'User-Agent of the request, cut') user_agent!: string | null;
  @Column('jsonb', 'More about it, by kind; no text that people wrote, no secret', {
    default: () => "'{}'",
  })
  params!: Record<string, unknown>;
  @Column('timestamptz', 'When it happened', { default: () => 'now()' }) happened_at!: Date;
}
