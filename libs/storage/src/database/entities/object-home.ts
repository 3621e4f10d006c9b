import { Column, Entity, PrimaryColumn } from 'typeorm';

@Entity('object_home', {
  comment: 'The store in which new objects land; reads ask it first and any other store after it',
})
export class ObjectHome {
  @PrimaryColumn({ type: 'text', comment: 'Which objects: photos' })
  name!: string;

  @Column({
    type: 'text',
    comment:
      'disk or s3; what the first process found configured, and what storage migrate writes here afterwards',
  })
  store!: string;

  @Column({ type: 'timestamptz', default: () => 'now()', comment: 'When new objects began to land there' })
  since!: Date;

  @Column({
    type: 'text',
    nullable: true,
    comment:
      'Which photos storage redevelop makes anew at present, so that it goes on after it was stopped; null else',
  })
  redevelop!: string | null;

  @Column({
    type: 'timestamptz',
    nullable: true,
    comment: 'Photos that were settled before are still to be made anew',
  })
  redevelop_since!: Date | null;
}

@Entity('object_copies', {
  comment:
    'Copies that storage migrate has begun: after kill -9, those whose source was deleted meanwhile are removed',
})
export class ObjectCopy {
  @PrimaryColumn({ type: 'text', comment: 'Object key prefix, in the trash perhaps' })
  folder!: string;

  @Column({ type: 'text', comment: 'The store that is copied to: disk or s3' })
  store!: string;

  @Column({ type: 'text', array: true, comment: 'Objects of the folder that are being copied' })
  names!: string[];

  @Column({ type: 'timestamptz', default: () => 'clock_timestamp()', comment: 'When it began' })
  begun_at!: Date;
}
