/**
 * Redis did not complete a change in time. It may have applied it all the same, so every change of this library may be
 * repeated: the holder of the outbox row tries again.
 */
export class RedisAway extends Error {
  override name = 'RedisAway';

  constructor(cause?: unknown) {
    super('Redis is away', { cause });
  }
}
