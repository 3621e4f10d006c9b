import { Injectable } from '@nestjs/common';
import type { Id } from '@app/platform';
import { Database } from '../database.js';
import type { Photo } from '../entities/photo.js';
import { PopularRows } from './popular.js';

/** Overdue rows: those that a lost job, a killed process or an absent client left where they should not stay. */
@Injectable()
export class SweepRows {
  constructor(
    private readonly database: Database,
    private readonly popular: PopularRows,
  ) {}

  /** Posts that still wait although none of their photos is processing. */
  unpublished(seconds: number, limit: number): Promise<Id[]> {
    return this.database.values(
      'sweep.unpublished',
      `SELECT p.id FROM posts p WHERE p.state = 'publishing' AND p.created_at < now() - make_interval(secs => $1)
         AND NOT EXISTS (SELECT 1 FROM photos WHERE photos.shard = p.shard AND photos.post_id = p.id
           AND photos.state = 'processing')
       ORDER BY p.created_at LIMIT $2`,
      [seconds, limit],
    );
  }

  /** Uploads whose process died without a trace; and given-up ones that may have left objects. */
  abandonedUploads(seconds: number, givenUpFor: number, limit: number): Promise<Id[]> {
    return this.database.values(
      'sweep.abandonedUploads',
      `SELECT id FROM photos WHERE state = 'uploading' AND created_at < now()
         - make_interval(secs => CASE WHEN attempt = -1 THEN $2::float ELSE $1::float END)
       ORDER BY created_at LIMIT $3`,
      [seconds, givenUpFor, limit],
    );
  }

  /** Photos that their owners neither posted nor made their avatar. */
  unposted(seconds: number, limit: number): Promise<Pick<Photo, 'id' | 'owner_id'>[]> {
    return this.database.list(
      'sweep.unposted',
      `SELECT p.id, p.owner_id FROM photos p WHERE p.post_id IS NULL AND p.state IN ('ready', 'rejected')
         AND p.created_at < now() - make_interval(secs => $1)
         AND NOT EXISTS (SELECT 1 FROM users u WHERE u.shard = p.shard AND u.id = p.owner_id AND u.avatar_photo_id = p.id)
       ORDER BY p.created_at LIMIT $2`,
      [seconds, limit],
    );
  }

  /** In batches, by a function of the tables' owner: the role of api and worker may not delete them. */
  private async forgetEvents(seconds: number): Promise<number> {
    for (let forgotten = 0; ;) {
      const count = await this.database.value<number>(
        'sweep.auditEvents',
        `SELECT forget_audit_events(make_interval(secs => $1))::int`,
        [seconds],
      );
      if (!count) return forgotten;
      forgotten += count;
    }
  }

  /** Deletes expired rows, and posts that are no longer popular; returns how many rows of each. */
  async forgetExpired(keptFor: {
    idempotency: number;
    deletions: number;
    sessions: number;
    audit: number;
    usernames: number;
    mails: number;
    invitations: number;
  }): Promise<Record<string, number>> {
    const expired = async (name: string, sql: string, seconds: number) =>
      [name, (await this.database.query(`sweep.${name}`, sql, [seconds])).count] as const;
    await this.popular.prunePosts();
    return Object.fromEntries([
      await expired(
        'idempotencyKeys',
        `DELETE FROM idempotency_keys WHERE created_at < now() - make_interval(secs => $1)`,
        keptFor.idempotency,
      ),
      await expired(
        'deletions',
        `DELETE FROM deletions WHERE deleted_at < now() - make_interval(secs => $1)`,
        keptFor.deletions,
      ),
      await expired(
        'sessions',
        `WITH gone AS (DELETE FROM sessions WHERE refreshed_at < now() - make_interval(secs => $1) RETURNING shard, id)
         DELETE FROM refresh_tokens t USING gone WHERE t.shard = gone.shard AND t.session_id = gone.id`,
        keptFor.sessions,
      ),
      await expired(
        'usernames',
        `DELETE FROM usernames WHERE given_up_at < now() - make_interval(secs => $1)`,
        keptFor.usernames,
      ),
      await expired(
        'mails',
        `DELETE FROM mails WHERE created_at < now() - make_interval(secs => $1) AND expires_at < now()`,
        keptFor.mails,
      ),
      await expired(
        'addressMails',
        `DELETE FROM address_mails WHERE day < ((now() - make_interval(secs => $1)) AT TIME ZONE 'UTC')::date`,
        keptFor.mails,
      ),
      await expired(
        'invitations',
        `DELETE FROM invitations WHERE created_at < now() - make_interval(secs => $1)`,
        keptFor.invitations,
      ),
      ['auditEvents', await this.forgetEvents(keptFor.audit)],
    ]);
  }
}
