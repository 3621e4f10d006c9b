import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, MediaUrls, problem, type Config, type Id, type MediaQuery } from '@app/platform';
import type { TransferRow } from '@app/storage';
import type { z } from 'zod';
import type { exported } from './exports.schemas.js';

/** Not a folder, so that no signature of a picture opens an export, and the other way round. */
const subjectOf = (id: Id): string => `export ${id}`;

/** Exports in answers, and the addresses of their zips. */
@Injectable()
export class ExportView {
  constructor(
    @Inject(CONFIG) private readonly config: Pick<Config, 'publicUrl'>,
    private readonly urls: MediaUrls,
  ) {}

  show(row: TransferRow): z.input<typeof exported> {
    const { id, state, progress, bytes, expires_at } = row;
    if (state === 'ended' || state === 'queued' || state === 'importing') throw problem('not_found');
    if (state !== 'ready' || expires_at === null) return { id, state, progress };
    return {
      id,
      state,
      progress,
      url: this.url(row),
      bytes: Number(bytes),
      expiresAt: expires_at.toISOString(),
    };
  }

  /** Good for a day, and no longer than the export. */
  url({ id, expires_at }: TransferRow): string {
    const until = Math.min(Date.now() + limits.export.linkFor * 1000, expires_at?.getTime() ?? 0);
    return `${this.config.publicUrl}/v1/me/exports/${id}/file${this.urls.queryUntil(subjectOf(id), until)}`;
  }

  /** @throws Problem 403 */
  mustBeSigned(id: Id, query: MediaQuery): void {
    const verdict = this.urls.check(subjectOf(id), query);
    if (verdict === 'expired') throw problem('url_expired');
    if (verdict === 'invalid') throw problem('url_invalid');
  }
}
