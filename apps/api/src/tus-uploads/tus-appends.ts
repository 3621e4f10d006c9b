import { randomBytes } from 'node:crypto';
import { Inject, Injectable } from '@nestjs/common';
import { problem, Problem, type Id } from '@app/platform';
import { OBJECT_STORE, UploadRows, type ObjectStore, type UploadRow } from '@app/storage';
import { UploadCompletion } from '@app/domain';
import type { ApiRequest } from '../http/call.js';
import { bytesPassed } from '../http/fast-path/passing-bytes.js';
import { DiskRoom } from '../photos/disk-room.js';
import { Appending, COUNT } from './appending.js';
import { RequestBody } from './request-body.js';
import { checksumOf, offsetProblem, verify, type Checksum } from './tus.js';

/** A sender is considered gone after this much silence, in milliseconds; the upload waits for the next request. */
const SILENCE = 60_000;

/** The state of an upload after a request. */
export interface Standing {
  received: number;
  photoId: Id | null;
}

/** Each request writes under its own name, so that no two objects share one. */
const newWriter = (): string => `w${randomBytes(6).toString('hex')}`;

/** Appends a request's body to an upload, and completes the upload with its last byte. */
@Injectable()
export class TusAppends {
  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly rows: UploadRows,
    private readonly completion: UploadCompletion,
    private readonly room: DiskRoom,
  ) {}

  /**
   * An upload that is already complete succeeds again: the response to its last bytes was lost, so the client resends them.
   *
   * @throws Problem 400, 409, 410, 415, 422 (too many pieces, quota), 460 or 507
   */
  async append(id: Id, offset: number, request: ApiRequest): Promise<Standing> {
    const checksum = checksumOf(request);
    await this.room.assertSome();
    const writer = newWriter();
    const upload = await this.rows.appendAt(id, writer, offset);
    if (!upload) return this.completed(id, offset);
    const appending = new Appending(this.rows, this.objects, upload, writer);
    let whole: UploadRow | null = null;
    let sha256: string | undefined;
    try {
      appending.assertFewPieces();
      await this.receive(appending, new RequestBody(request.raw), checksum);
      sha256 = await appending.sha256();
      whole = appending.whole;
    } catch (error) {
      throw await this.ended(upload, appending, error, checksum !== null);
    } finally {
      await appending.close();
      // Completing an upload also releases it.
      if (!whole) await this.rows.release(id, writer);
    }
    const photoId = whole && (await this.completion.completeOf(whole, sha256));
    return { received: appending.received, photoId };
  }

  /** The state of a complete upload. @throws Problem 410 when it has ended or expired, 409 when it continues at another offset */
  private async completed(id: Id, offset: number): Promise<Standing> {
    const upload = await this.rows.find(id);
    if (!upload || upload.state === 'ended' || upload.expires_at.getTime() <= Date.now())
      throw problem('upload_gone');
    const received = Number(upload.received);
    if (upload.photo_id === null || offset > received) throw offsetProblem('upload_offset', received);
    return { received, photoId: upload.photo_id };
  }

  private async receive(appending: Appending, body: RequestBody, checksum: Checksum | null): Promise<void> {
    let counted = Date.now();
    let heard = Date.now();
    for (;;) {
      const chunk = await body.next(COUNT.time);
      if (chunk === null) break;
      if (chunk !== 'silent') {
        heard = Date.now();
        checksum?.hash.update(chunk);
        await appending.take(chunk);
        bytesPassed(chunk.length);
      } else if (Date.now() - heard > SILENCE) throw problem('request_timeout');
      const due = Date.now() - counted >= appending.countAfter;
      if (appending.waiting < COUNT.bytes && !due) continue;
      // Bytes with a checksum count only after it matches; until then, only check the writer.
      if (checksum || appending.waiting === 0) await appending.assertWriter();
      else await appending.count();
      appending.assertFewPieces();
      counted = Date.now();
    }
    if (checksum) verify(checksum);
    await appending.count();
  }

  /** After a failure: bytes before a broken connection count unless they have a checksum; bytes that are not a photo end the upload. */
  private async ended(
    { id }: UploadRow,
    appending: Appending,
    error: unknown,
    checked: boolean,
  ): Promise<unknown> {
    if (!(error instanceof Problem) || error.code === 'body_incomplete') {
      if (checked) await appending.takeBack();
      else await appending.count();
      return error;
    }
    if (error.code === 'checksum_mismatch') await appending.takeBack();
    if (error.code === 'unsupported_media_type' || error.code === 'too_many_pieces')
      await this.completion.discard(id);
    return error;
  }
}
