import { Inject, Injectable } from '@nestjs/common';
import { limits, problem, type FieldFault, type Id } from '@app/platform';
import { ArrivalRows, newFolder, objectKey, OBJECT_STORE, type ObjectStore } from '@app/storage';
import { ORIGINAL, SNIFF_BYTES } from '@app/platform/photos';
import { Quota, takenFormat, UnfinishedPhotos } from '@app/domain';
import type { MultipartFile } from '@fastify/multipart';
import type { ApiRequest } from '../http/call.js';
import { bytesPassed } from '../http/fast-path/passing-bytes.js';
import { altTextOf } from './alt-text-part.js';
import { DiskRoom } from './disk-room.js';
import {
  assertMultipart,
  leastBytesOf,
  MOST_PARTS,
  noBoundaryFound,
  uploadProblem,
} from './upload-problems.js';

/** A photo whose bytes are in the store, while its row is still `uploading`. */
export interface Received {
  photoId: Id;
  bytes: number;
  sha256: Buffer;
  type: string;
}

interface Progress {
  parts: number;
  received: Received | null;
  altText: string | null;
  faults: FieldFault[];
}

/**
 * Treats every part as bytes and goes by its name, since clients send `file` without a filename, and `altText` with one.
 * One byte above the photo's limit reaches the store, which then refuses it.
 */
const everyPart = {
  limits: { fileSize: limits.photo.bytes + 1, files: MOST_PARTS },
  isPartAFile: () => true,
};

/**
 * Reads a multipart upload: streams the one `file` part to the object store, hashes it on the way, and never holds more
 * than one chunk. The row that names its folder is committed before the first byte is written (rule 3), and deleted when
 * anything fails; the sweeper finds the rows of a process that died.
 */
@Injectable()
export class UploadReader {
  constructor(
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    private readonly arrivals: ArrivalRows,
    private readonly room: DiskRoom,
    private readonly quota: Quota,
    private readonly unfinished: UnfinishedPhotos,
  ) {}

  /** Leaves nothing behind when it throws. @throws Problem 400, 413, 415, 422 or 507 */
  async read(request: ApiRequest, owner: Id): Promise<{ received: Received; altText: string }> {
    assertMultipart(request);
    await this.room.assertSome();
    await this.quota.assertRoom(owner, leastBytesOf(request));
    const progress: Progress = { parts: 0, received: null, altText: null, faults: [] };
    const cut = new AbortController();
    const onClose = () => (request.raw.complete ? undefined : cut.abort(problem('body_incomplete')));
    request.raw.once('close', onClose);
    const cutOff = new Promise<never>((_, reject) => {
      cut.signal.addEventListener('abort', () => reject(cut.signal.reason as Error), { once: true });
    });
    try {
      await Promise.race([this.readParts(request, owner, progress, cut.signal), cutOff]);
      return this.complete(progress);
    } catch (error) {
      if (progress.received) await this.forget(progress.received);
      throw progress.parts === 0 && request.raw.complete ? noBoundaryFound(error) : uploadProblem(error);
    } finally {
      request.raw.off('close', onClose);
      // `cutOff` lost the race, so its rejection no longer matters.
      cutOff.catch(() => undefined);
    }
  }

  private complete({ received, altText, faults }: Progress): { received: Received; altText: string } {
    if (received === null && faults.length === 0)
      faults.push({ pointer: '/file', code: 'required', params: {} });
    if (received === null || faults.length > 0) throw problem('validation_failed', { errors: faults });
    return { received, altText: altText ?? '' };
  }

  private async readParts(
    request: ApiRequest,
    owner: Id,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<void> {
    for await (const part of request.parts(everyPart)) {
      progress.parts += 1;
      if (part.type === 'field') continue;
      if (part.fieldname === 'file' && progress.received === null)
        progress.received = await this.store(part, owner, signal);
      else if (part.fieldname === 'altText' && progress.altText === null) await readAltText(part, progress);
      else refusePart(part, progress);
    }
  }

  private async store(part: MultipartFile, owner: Id, signal: AbortSignal): Promise<Received> {
    const chunks = part.file.iterator({ destroyOnReturn: false }) as AsyncIterator<Buffer, undefined>;
    const head = await readHead(chunks);
    const type = takenFormat(head);
    const folder = newFolder();
    const photoId = await this.arrivals.begin(owner, folder);
    try {
      const key = objectKey(folder, ORIGINAL);
      const written = await this.objects.write(key, joined(head, chunks), {
        contentType: type,
        limit: limits.photo.bytes,
        signal,
      });
      return { photoId, bytes: written.bytes, sha256: Buffer.from(written.sha256, 'hex'), type };
    } catch (error) {
      // A failed write may still have completed in the store, with only the response lost.
      await this.unfinished.takeBack(photoId);
      throw error;
    }
  }

  /** Removes an upload that will not become a photo. */
  async forget({ photoId }: Received): Promise<void> {
    await this.unfinished.takeBack(photoId);
  }
}

async function readAltText(part: MultipartFile, progress: Progress): Promise<void> {
  progress.altText = '';
  const given = await altTextOf(part);
  if (typeof given === 'string') progress.altText = given;
  else progress.faults.push(...given);
}

function refusePart(part: MultipartFile, { faults }: Progress): void {
  const pointer = `/${part.fieldname ?? ''}`;
  if (pointer === '/file' || pointer === '/altText')
    faults.push({ pointer, code: 'too_many', params: { limit: 1 } });
  else faults.push({ pointer, code: 'unknown_field', params: {} });
  part.file.resume();
}

async function readHead(chunks: AsyncIterator<Buffer, undefined>): Promise<Buffer> {
  const parts: Buffer[] = [];
  for (let bytes = 0; bytes < SNIFF_BYTES;) {
    const next = await chunks.next();
    if (next.done) break;
    parts.push(next.value);
    bytes += next.value.length;
  }
  return Buffer.concat(parts);
}

async function* joined(head: Buffer, rest: AsyncIterator<Buffer, undefined>): AsyncGenerator<Buffer> {
  yield head;
  for (let next = await rest.next(); !next.done; next = await rest.next()) {
    yield next.value;
    bytesPassed(next.value.length);
  }
}
