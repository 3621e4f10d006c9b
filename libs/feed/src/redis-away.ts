/**
 * Redis did not carry a change out in time. It may have done so all the same, so every change of this library may be
 * repeated: whoever holds the outbox row tries again.
 */
export class RedisAway extends Error {
  override name = 'RedisAway';

  constructor(cause?: unknown) {
    super('Redis is away', { cause });
  }
}
