import { Injectable } from '@nestjs/common';
import { Database } from '../database.js';

/** The current epoch of Redis's data, agreed on by all processes in one row (see RedisEpoch in libs/feed). */
@Injectable()
export class RedisEpochs {
  constructor(private readonly database: Database) {}

  /** The epoch of this fingerprint: the current one when it is unchanged, otherwise a new one, the same for concurrent callers. */
  async of(fingerprint: string): Promise<string> {
    const known = await this.database.value<number>(
      'epoch.read',
      `SELECT epoch FROM redis_epoch WHERE name = 'default' AND fingerprint = $1`,
      [fingerprint],
    );
    const epoch =
      known ??
      (await this.database.value<number>(
        'epoch.advance',
        `INSERT INTO redis_epoch AS e (name, epoch, fingerprint) VALUES ('default', 1, $1)
         ON CONFLICT (name) DO UPDATE SET fingerprint = $1, begun_at = now(),
           epoch = e.epoch + CASE WHEN e.fingerprint = $1 THEN 0 ELSE 1 END
         RETURNING epoch`,
        [fingerprint],
      ));
    return String(epoch);
  }

  /** The current epoch; null before the first. */
  present(): Promise<string | null> {
    const sql = `SELECT epoch::text FROM redis_epoch WHERE name = 'default'`;
    return this.database.value('epoch.present', sql);
  }

  /** Begins a new epoch of the same server. */
  async renew(): Promise<void> {
    await this.database.query(
      'epoch.renew',
      `UPDATE redis_epoch SET epoch = epoch + 1, begun_at = now() WHERE name = 'default'`,
    );
  }

  /**
   * After a restore: an epoch that no Redis has seen. The old run may have counted on from here, with derived keys of a later time;
   * seconds are always ahead of what counts restarts.
   */
  async restored(): Promise<void> {
    await this.database.query(
      'epoch.restored',
      `UPDATE redis_epoch SET begun_at = now(), epoch = greatest(epoch + 1, extract(epoch FROM clock_timestamp())::int)`,
    );
  }
}
