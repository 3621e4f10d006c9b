import { Injectable } from '@nestjs/common';
import { shardOf, type Id } from '@app/platform';
import { Database } from '../database.js';
import type { Upload, UploadPurpose } from '../entities/upload.js';
import { keyOf, type Queryable } from '../queryable.js';

export interface NewUpload {
  id: Id;
  owner: Id;
  secretHash: Buffer;
  folder: string;
  length: number;
  altText: string;
  purpose: UploadPurpose;
  /** Seconds until it expires. */
  validFor: number;
}

export interface DirectFacts {
  sha256: Buffer | null;
  /** The hash of no known secret: nobody continues a direct upload by tus. */
  noSecret: Buffer;
  /** Name of the piece that the client writes. */
  piece: string;
}

export type Progress = Pick<Upload, 'pieces' | 'head' | 'type'> & { received: number };

/**
 * Uploads that arrive in parts. The row is the fence: the appending request holds its `writer` token, each newer request
 * writes another one, and an older request then changes no row.
 */
@Injectable()
export class UploadRows {
  constructor(private readonly database: Database) {}

  async nextId(tx: Queryable, owner: Id): Promise<Id> {
    return (await tx.value<Id>('upload.nextId', `SELECT next_id($1::int) AS id`, [shardOf(owner)])) as Id;
  }

  async begin(tx: Queryable, upload: NewUpload): Promise<Upload> {
    const { id, owner, secretHash, folder, length, altText, purpose, validFor } = upload;
    return (await tx.first<Upload>(
      'upload.begin',
      `INSERT INTO uploads (shard, id, owner_id, secret_hash, folder, length, head, alt_text, purpose, expires_at)
       VALUES ($1, $2, $3, $4, $5, $6, ''::bytea, $7, $8, now() + make_interval(secs => $9)) RETURNING *`,
      keyOf(id, owner, secretHash, folder, length, altText, purpose, validFor),
    )) as Upload;
  }

  /** An upload that its client puts into the store itself, as one piece; it uses its quota from now on. */
  async beginDirect(
    tx: Queryable,
    upload: Omit<NewUpload, 'secretHash' | 'purpose'> & DirectFacts,
  ): Promise<void> {
    const { id, owner, folder, length, altText, validFor, sha256, noSecret, piece } = upload;
    await tx.query(
      'upload.beginDirect',
      `INSERT INTO uploads (shard, id, owner_id, secret_hash, folder, length, received, pieces, head, alt_text, expires_at,
         direct, declared_sha256)
       VALUES ($1, $2, $3, $4, $5, $6::bigint, $6::bigint, $7::jsonb, ''::bytea, $8, now() + make_interval(secs => $9), true, $10)`,
      keyOf(
        id,
        owner,
        noSecret,
        folder,
        length,
        JSON.stringify([{ name: piece, sizes: [length] }]),
        altText,
        validFor,
        sha256,
      ),
    );
  }

  find(id: Id, connection: Queryable = this.database): Promise<Upload | null> {
    return connection.byId('upload.find', 'uploads', id);
  }

  /** For answers after which a client gives the upload up. */
  findForSure(id: Id): Promise<Upload | null> {
    return this.database.findForSure((connection) => this.find(id, connection));
  }

  /** Takes an upload over from its writer, and returns what has arrived so far; null when it is over. */
  takeOver(id: Id): Promise<Upload | null> {
    return this.database.first(
      'upload.takeOver',
      `UPDATE uploads SET writer = NULL
       WHERE shard = $1 AND id = $2 AND state = 'receiving' AND expires_at > now() RETURNING *`,
      keyOf(id),
    );
  }

  /** Like `takeOver`, to append at `offset`: records the writer's name before it writes its first byte. */
  appendAt(id: Id, writer: string, offset: number): Promise<Upload | null> {
    return this.database.first(
      'upload.appendAt',
      `UPDATE uploads SET writer = $3, pieces = pieces || jsonb_build_object('name', $4::text, 'sizes', '[]'::jsonb)
       WHERE shard = $1 AND id = $2 AND received = $5 AND state = 'receiving' AND expires_at > now() RETURNING *`,
      keyOf(id, writer, writer, offset),
    );
  }

  /** Records the safely stored bytes; null when another request has taken over, or the upload is over. */
  progress(id: Id, writer: string, { pieces, received, head, type }: Progress): Promise<Upload | null> {
    return this.database.first(
      'upload.progress',
      `UPDATE uploads SET pieces = $4::jsonb, received = $5, head = $6, type = $7
       WHERE shard = $1 AND id = $2 AND writer = $3 AND state = 'receiving' AND expires_at > now() RETURNING *`,
      keyOf(id, writer, JSON.stringify(pieces), received, head, type),
    );
  }

  /** Records that a request has ended, so that nobody waits for it. */
  async release(id: Id, writer: string): Promise<void> {
    await this.database.query(
      'upload.release',
      `UPDATE uploads SET writer = NULL WHERE shard = $1 AND id = $2 AND writer = $3`,
      keyOf(id, writer),
    );
  }

  isWriter(id: Id, writer: string): Promise<boolean> {
    return this.database.touchesOne(
      'upload.isWriter',
      `SELECT 1 FROM uploads WHERE shard = $1 AND id = $2 AND writer = $3 AND state = 'receiving' AND expires_at > now()`,
      keyOf(id, writer),
    );
  }

  /** Requests that would complete an upload wait here: the first goes on; the others then find it complete. */
  lock(tx: Queryable, id: Id): Promise<Upload | null> {
    return tx.byId('upload.lock', 'uploads', id, 'FOR UPDATE');
  }

  async complete(tx: Queryable, id: Id, photoId: Id, state: 'completed' | 'duplicate'): Promise<Upload> {
    return (await tx.first<Upload>(
      'upload.complete',
      `UPDATE uploads SET state = $4, photo_id = $3, writer = NULL WHERE shard = $1 AND id = $2 RETURNING *`,
      keyOf(id, photoId, state),
    )) as Upload;
  }

  /** A zip is read where its pieces are, and kept until its import is over: see `end`. */
  async keepForImport(tx: Queryable, id: Id, seconds: number): Promise<void> {
    await tx.query(
      'upload.keepForImport',
      `UPDATE uploads SET state = 'completed', writer = NULL, expires_at = now() + make_interval(secs => $3)
       WHERE shard = $1 AND id = $2`,
      keyOf(id, seconds),
    );
  }

  /** Ends an upload that becomes no photo: it expires at once, so that the sweeper removes leftovers. */
  async end(id: Id): Promise<void> {
    await this.database.query(
      'upload.end',
      `UPDATE uploads SET state = CASE WHEN state = 'receiving' THEN 'ended' ELSE state END, writer = NULL,
         expires_at = least(expires_at, now())
       WHERE shard = $1 AND id = $2`,
      keyOf(id),
    );
  }

  /** A direct upload's id was promised as a photo's: records that it ended, for requests for that photo. */
  async forget(id: Id): Promise<void> {
    await this.database.query(
      'upload.forget',
      `WITH gone AS (
         DELETE FROM uploads WHERE shard = $1 AND id = $2 AND expires_at <= now() RETURNING shard, id, owner_id, direct, state)
       INSERT INTO deletions (shard, id, person_id)
       SELECT shard, id, owner_id FROM gone WHERE direct AND state = 'ended' ON CONFLICT DO NOTHING`,
      keyOf(id),
    );
  }

  /** Uploads that expired more than `seconds` ago. */
  expired(seconds: number, limit: number): Promise<Upload[]> {
    return this.database.list(
      'upload.expired',
      `SELECT * FROM uploads WHERE expires_at < now() - make_interval(secs => $1) ORDER BY expires_at LIMIT $2`,
      [seconds, limit],
    );
  }

  /** Uploads with every byte and no photo: the process that should have made it was killed. */
  whole(seconds: number, limit: number): Promise<Id[]> {
    return this.database.values(
      'upload.whole',
      `SELECT id FROM uploads WHERE state = 'receiving' AND received = length AND type IS NOT NULL
         AND created_at < now() - make_interval(secs => $1) AND expires_at > now() ORDER BY created_at LIMIT $2`,
      [seconds, limit],
    );
  }
}
