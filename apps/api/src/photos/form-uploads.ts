import { Injectable } from '@nestjs/common';
import { limits, problem, Problem, traced, type FieldFault, type Id } from '@app/platform';
import { Photos, Quota, type StoredOriginal } from '@app/domain';
import type { MultipartFile } from '@fastify/multipart';
import type { ApiRequest } from '../http/call.js';
import { Idempotency, idempotencyKeyOf, type Outcome } from '../http/idempotency.js';
import { bytesPassed } from '../http/fast-path/passing-bytes.js';
import { validate } from '../http/validation.js';
import { described } from './photos.schemas.js';
import {
  assertMultipart,
  declaredBytesOf,
  leastBytesOf,
  MOST_PARTS,
  noBoundaryFound,
  uploadProblem,
} from './upload-problems.js';

/**
 * Treats every part as bytes and goes by its name, since clients send `file` without a filename, and `altText` with one.
 * One byte above the photo's limit reaches the store, which then refuses it.
 */
const everyPart = {
  limits: { fileSize: limits.photo.bytes + 1, files: MOST_PARTS },
  isPartAFile: () => true,
};

/** More bytes than the longest description takes, however it is written. */
const MOST_TEXT = 16_384;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/** The parts of a form: one photo, which is stored as it arrives, its description, and the faults of all others. */
class UploadForm {
  parts = 0;
  original: StoredOriginal | null = null;
  private altText: string | null = null;
  private readonly faults: FieldFault[] = [];

  constructor(private readonly store: (file: MultipartFile) => Promise<StoredOriginal>) {}

  async read(request: ApiRequest): Promise<void> {
    for await (const part of request.parts(everyPart)) {
      this.parts += 1;
      if (part.type === 'field') continue;
      if (part.fieldname === 'file' && this.original === null) this.original = await this.store(part);
      else if (part.fieldname === 'altText' && this.altText === null) await this.readAltText(part);
      else this.refuse(part);
    }
  }

  /** @throws Problem 422 with every fault of the form */
  get content(): { original: StoredOriginal; altText: string } {
    const { original, altText, faults } = this;
    if (original === null && faults.length === 0)
      faults.push({ pointer: '/file', code: 'required', params: {} });
    if (original === null || faults.length > 0) throw problem('validation_failed', { errors: faults });
    return { original, altText: altText ?? '' };
  }

  /** @throws Problem 400 for text that is not UTF-8 */
  private async readAltText(part: MultipartFile): Promise<void> {
    this.altText = '';
    const bytes = await bytesOf(part);
    if (bytes === null) {
      const params = { limit: limits.photo.altText };
      this.faults.push({ pointer: '/altText', code: 'too_long', params });
      return;
    }
    try {
      this.altText = validate(described, { altText: textOf(bytes, part.mimetype) }, 'body').altText;
    } catch (error) {
      if (!(error instanceof Problem) || !error.errors) throw error;
      this.faults.push(...error.errors);
    }
  }

  private refuse(part: MultipartFile): void {
    const pointer = `/${part.fieldname ?? ''}`;
    if (pointer === '/file' || pointer === '/altText')
      this.faults.push({ pointer, code: 'too_many', params: { limit: 1 } });
    else this.faults.push({ pointer, code: 'unknown_field', params: {} });
    part.file.resume();
  }
}

/** Uploads by one multipart form: from the request's bytes to a photo that waits for its renditions. */
@Injectable()
export class FormUploads {
  constructor(
    private readonly photos: Photos,
    private readonly quota: Quota,
    private readonly idempotency: Idempotency,
  ) {}

  /**
   * 202 for a new photo; 200 for bytes that the same person sent within a day and has not posted. The bytes are in the store
   * before the row says so; a retry's copy is removed.
   *
   * @throws Problem 400, 413, 415, 422 or 507
   */
  async upload(request: ApiRequest, owner: Id): Promise<Outcome> {
    idempotencyKeyOf(request);
    const { original, altText } = await traced('work', 'upload.receive', () => this.receive(request, owner));
    const { photoId } = original;
    const fields = { altText, sha256: original.sha256.toString('hex') };
    const outcome = await this.idempotency
      .once(request, fields, async (tx) => {
        const made = await this.photos.make(tx, owner, { photoId }, { ...original, altText }, photoId);
        if (!made) throw problem('session_ended');
        return { status: made.existed ? 200 : 202, id: made.id };
      })
      .catch(async (error: unknown) => {
        await this.photos.takeBack(photoId);
        throw error;
      });
    if (outcome.id !== photoId) await this.photos.takeBack(photoId);
    return outcome;
  }

  /** Leaves nothing behind when it throws. */
  private async receive(request: ApiRequest, owner: Id) {
    assertMultipart(request);
    await this.quota.assertRoom(owner, leastBytesOf(request));
    const cut = new AbortController();
    const onClose = () => (request.raw.complete ? undefined : cut.abort(problem('body_incomplete')));
    request.raw.once('close', onClose);
    const cutOff = new Promise<never>((_, reject) => {
      cut.signal.addEventListener('abort', () => reject(cut.signal.reason as Error), { once: true });
    });
    const declared = declaredBytesOf(request);
    const form = new UploadForm((file) => this.photos.store(owner, declared, chunksOf(file), cut.signal));
    try {
      await Promise.race([form.read(request), cutOff]);
      return form.content;
    } catch (error) {
      if (form.original) await this.photos.takeBack(form.original.photoId);
      throw form.parts === 0 && request.raw.complete ? noBoundaryFound(error) : uploadProblem(error);
    } finally {
      request.raw.off('close', onClose);
      // `cutOff` lost the race, so its rejection no longer matters.
      cutOff.catch(() => undefined);
    }
  }
}

async function* chunksOf({ file }: MultipartFile): AsyncGenerator<Buffer> {
  for await (const chunk of file.iterator({ destroyOnReturn: false })) {
    yield chunk as Buffer;
    bytesPassed((chunk as Buffer).length);
  }
}

/** Returns null above the limit, but reads everything: the next part follows it. */
async function bytesOf({ file }: MultipartFile): Promise<Buffer | null> {
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of file as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes <= MOST_TEXT) chunks.push(chunk);
  }
  return bytes <= MOST_TEXT ? Buffer.concat(chunks) : null;
}

/** Clients that serialise every part as JSON (Retrofit does) put quotes around a text. */
function textOf(bytes: Buffer, type: string): unknown {
  let text: string;
  try {
    text = utf8.decode(bytes);
  } catch (cause) {
    throw problem('request_invalid', { params: { reason: 'its altText is not UTF-8' }, cause });
  }
  if (!/^application\/json\b/i.test(type)) return text;
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}
