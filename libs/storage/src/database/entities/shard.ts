/** The comment of every `shard` column: repositories add `shard = shardOf(id)` to every query. */
export const SHARD = 'Logical shard 0-8191 where this row lives: shard_of() of the id that owns it';
