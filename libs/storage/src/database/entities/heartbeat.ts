import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('heartbeats', {
  comment:
    'Processes of Narwhal and which stores each reaches, so that one that alone is cut off knows it; rows of a day',
})
export class Heartbeat {
  @PrimaryColumn({ type: 'text', comment: 'Random, of one life of one process' })
  id!: string;

  @Column({ type: 'text', comment: 'api or worker' })
  kind!: string;

  @Column({
    type: 'integer',
    comment: 'Counts the heartbeats of this process: what others say is compared by it, never by clocks',
  })
  beat!: number;

  @Column({
    type: 'jsonb',
    comment:
      'Host, process number, release, since when, address of its metrics, and what it sees of each store',
  })
  facts!: object;

  @Column({
    type: 'timestamptz',
    default: () => 'clock_timestamp()',
    comment: 'The last heartbeat, by the clock of PostgreSQL',
  })
  beaten_at!: Date;
}
