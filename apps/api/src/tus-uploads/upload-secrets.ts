import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, isId, problem, type Config, type Id } from '@app/platform';
import { Database, UploadRows, type UploadRow } from '@app/storage';

const hashOf = (secret: string): Buffer => createHash('sha256').update(secret).digest();

/**
 * The secret in an upload's address. It is derived from the upload's id, so that a repeated request gets the same address
 * though only its hash is stored.
 */
@Injectable()
export class UploadSecrets {
  constructor(
    @Inject(CONFIG) private readonly config: Config,
    private readonly rows: UploadRows,
    private readonly database: Database,
  ) {}

  /** A new upload's secret, and its stored hash. */
  make(id: Id): { secret: string; hash: Buffer } {
    const secret = this.derived(id)[0] ?? '';
    return { secret, hash: hashOf(secret) };
  }

  /** Derives an upload's secret again; undefined when its key has left the ring. */
  again({ id, secret_hash }: UploadRow): string | undefined {
    return this.derived(id).find((secret) => hashOf(secret).equals(secret_hash));
  }

  /** The upload for an id and secret. @throws Problem 404, the same for a wrong secret as for no upload */
  async open(id: string, secret: string | undefined): Promise<UploadRow> {
    const upload = isId(id)
      ? await this.database.findForSure((connection) => this.rows.find(id, connection))
      : null;
    if (!upload || !timingSafeEqual(hashOf(secret ?? ''), upload.secret_hash)) throw problem('not_found');
    return upload;
  }

  private derived(id: Id): string[] {
    return this.config.TOKEN_KEYS.map((key) =>
      createHmac('sha256', key.secret).update(`upload ${id}`).digest('base64url'),
    );
  }
}
