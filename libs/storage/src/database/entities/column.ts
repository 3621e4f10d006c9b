import {
  Column as ColumnOf,
  PrimaryColumn,
  type ColumnOptions,
  type ColumnType,
  type PrimaryColumnOptions,
} from 'typeorm';

/** A column: its type in PostgreSQL, and its comment there, which every column has. */
export const Column = (type: ColumnType, comment: string, options: ColumnOptions = {}): PropertyDecorator =>
  ColumnOf({ ...options, type, comment } as ColumnOptions);

export const Nullable = (type: ColumnType, comment: string, options: ColumnOptions = {}): PropertyDecorator =>
  Column(type, comment, { ...options, nullable: true });

/** A column of the primary key. */
export const Key = (
  type: ColumnType,
  comment: string,
  options: PrimaryColumnOptions = {},
): PropertyDecorator => PrimaryColumn({ ...options, type, comment } as PrimaryColumnOptions);

/** A row of one shard: repositories add `shard = shardOf(id)` to every statement. */
export abstract class OnShard {
  @Key('smallint', 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it')
  shard!: number;
}
