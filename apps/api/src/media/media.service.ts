import { Inject, Injectable } from '@nestjs/common';
import { CONFIG, limits, MediaUrls, problem, type Config, type MediaQuery } from '@app/platform';
import {
  exportName,
  objectKey,
  OBJECT_STORE,
  ObjectMissing,
  RangeOutside,
  type ByteRange,
  type ObjectStore,
  type PhotoRow,
  type TransferRow,
} from '@app/storage';
import { ORIGINAL, renditions } from '@app/platform/photos';
import type { ApiReply, ApiRequest } from '../http/call.js';

export type MediaInput = MediaQuery & { fan: string; folder: string; file: string };

/** Files that a signed URL may serve: renditions by their file names. Originals are never among them. */
const types = new Map(Object.values(renditions).map(({ file, type }) => [file as string, type as string]));

/** Serves renditions when there is no NGINX in front: the same signature, the same headers. */
@Injectable()
export class MediaService {
  constructor(
    private readonly urls: MediaUrls,
    @Inject(OBJECT_STORE) private readonly objects: ObjectStore,
    @Inject(CONFIG) private readonly config: Config,
  ) {}

  async send(input: MediaInput, request: ApiRequest, reply: ApiReply): Promise<void> {
    const folder = `${input.fan}/${input.folder}`;
    const type = types.get(input.file);
    const verdict = this.urls.check(folder, input);
    if (verdict === 'expired') throw problem('url_expired');
    // An unknown file name is refused as an invalid URL: NGINX cannot tell it from an altered one.
    if (verdict === 'invalid' || type === undefined || !/^[0-9a-f]{2}\/[0-9a-f]{30}$/.test(folder))
      throw problem('url_invalid');
    void reply
      .header('content-type', type)
      .header('cache-control', `private, max-age=${limits.media.validFor}, immutable`)
      .header('cross-origin-resource-policy', 'cross-origin');
    await this.object(folder, input.file, request, reply);
  }

  /** Sends the original as a download. The caller has already checked the owner. */
  async sendOriginal({ id, folder, type }: PhotoRow, request: ApiRequest, reply: ApiReply): Promise<void> {
    const ending = type?.split('/')[1]?.replace('jpeg', 'jpg') ?? 'bin';
    void reply
      .header('content-type', type ?? 'application/octet-stream')
      .header('content-disposition', `attachment; filename="${id}.${ending}"`);
    await this.download(folder, ORIGINAL, request, reply);
  }

  /** Sends the zip of an export. The caller has already checked its address. */
  async sendExport(
    { id, folder, attempts }: TransferRow,
    request: ApiRequest,
    reply: ApiReply,
  ): Promise<void> {
    void reply
      .header('content-type', 'application/zip')
      .header('content-disposition', `attachment; filename="narwhal-${id}.zip"`)
      .header('cache-control', 'private, no-store')
      .header('referrer-policy', 'no-referrer');
    await this.download(folder, exportName(attempts), request, reply);
  }

  private async download(folder: string, name: string, request: ApiRequest, reply: ApiReply): Promise<void> {
    const key = objectKey(folder, name);
    if (this.config.NGINX_SENDS_FILES && (await this.objects.staysOnDisk(key)))
      await reply.header('x-accel-redirect', `/_objects/${key}`).send();
    else await this.object(folder, name, request, reply);
  }

  private async object(folder: string, file: string, request: ApiRequest, reply: ApiReply): Promise<void> {
    // Objects never change, so their key is their version.
    const tag = `"${folder.slice(3, 19)}.${file}"`;
    void reply.header('etag', tag).header('accept-ranges', 'bytes');
    if (request.headers['if-none-match']?.includes(tag)) {
      // A cache in front of us revalidates with this, so check that the object has not been deleted.
      if (!(await this.objects.stat(objectKey(folder, file)))) throw problem('not_found');
      await reply.status(304).send();
      return;
    }
    const ranged = request.headers['if-range'] === undefined || request.headers['if-range'] === tag;
    await this.stream(
      objectKey(folder, file),
      ranged ? rangeOf(request.headers.range) : undefined,
      reply,
      request,
    );
  }

  private async stream(
    key: string,
    range: ByteRange | 'suffix' | undefined,
    reply: ApiReply,
    request: ApiRequest,
  ): Promise<void> {
    try {
      const wanted = range === 'suffix' ? await this.suffix(key, request.headers.range ?? '') : range;
      const object = await this.objects.read(key, wanted);
      if (wanted)
        void reply.status(206).header('content-range', `bytes ${object.start}-${object.end}/${object.bytes}`);
      await reply.header('content-length', object.end - object.start + 1).send(object.stream);
    } catch (error) {
      if (error instanceof ObjectMissing) throw problem('not_found', { cause: error });
      if (!(error instanceof RangeOutside)) throw error;
      throw problem('range_not_satisfiable', {
        headers: { 'content-range': `bytes */${error.bytes ?? '*'}` },
      });
    }
  }

  /** `bytes=-500`: the last 500 bytes. */
  private async suffix(key: string, header: string): Promise<ByteRange> {
    const info = await this.objects.stat(key);
    if (!info) throw new ObjectMissing(key);
    const wanted = Number(/-(\d+)$/.exec(header)?.[1] ?? 0);
    return { start: Math.max(0, info.bytes - wanted), end: info.bytes - 1 };
  }
}

/** One range of bytes (RFC 9110, 14.1.2). Several ranges, or unreadable ones, get the whole object. */
function rangeOf(header: string | undefined): ByteRange | 'suffix' | undefined {
  const match = /^bytes=(\d*)-(\d*)$/.exec(header?.replaceAll(' ', '') ?? '');
  if (!match || (match[1] === '' && match[2] === '')) return undefined;
  if (match[1] === '') return 'suffix';
  const start = Number(match[1]);
  if (match[2] === '') return { start };
  const end = Number(match[2]);
  return end < start ? undefined : { start, end };
}
